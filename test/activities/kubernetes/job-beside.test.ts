import assert from 'node:assert/strict'
import type { V1StatefulSet } from '@kubernetes/client-node'
import type { Raw } from '../../../activities/kubernetes/api/client.ts'
import { jobOf } from '../../../activities/kubernetes/jobs/beside.ts'
import { isRefusal } from '../../../activities/refusal.ts'

const labels = { app: 'postgres', role: 'primary' }
const set: Raw<V1StatefulSet> = {
  metadata: { name: 'postgres-primary' },
  spec: {
    serviceName: 'postgres-primary',
    selector: { matchLabels: labels },
    volumeClaimTemplates: [{ metadata: { name: 'data' } }],
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'postgres',
        securityContext: { runAsUser: 999, fsGroup: 999 },
        tolerations: [{ key: 'dedicated', operator: 'Exists' }],
        affinity: { podAntiAffinity: {} },
        initContainers: [{ name: 'chown', image: 'busybox' }],
        volumes: [{ name: 'config', configMap: { name: 'pgbackrest' } }],
        containers: [
          {
            name: 'postgres',
            image: 'postgres:15',
            env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'repository', key: 'key' } } }],
            ports: [{ containerPort: 5_432 }],
            readinessProbe: { exec: { command: ['pg_isready'] } },
            volumeMounts: [{ name: 'data', mountPath: '/var/lib/postgresql/data' }],
            resources: { requests: { memory: '64Gi' } },
          },
          { name: 'exporter', image: 'exporter:1' },
        ],
      },
    },
  },
}
const beside = { name: 'hikeshi-backups', statefulSet: 'postgres-primary', command: ['sleep', '1'] }
const made = (more: object = {}, node: string | undefined = 'node-1') =>
  jobOf(set, { namespace: 'shodo' }, { ...beside, ...more }, node)

describe('a Job beside the pod of a StatefulSet', () => {
  it('has its image, account, environment and volumes, and works on its claim', () => {
    const { spec } = made().spec?.template ?? {}
    const [own, ...others] = spec?.containers ?? []
    assert.deepEqual(others, [])
    assert.equal(own?.image, 'postgres:15')
    assert.deepEqual(own?.command, ['sleep', '1'])
    assert.deepEqual(own?.env, set.spec?.template.spec?.containers[0]?.env)
    assert.deepEqual(own?.volumeMounts, [{ name: 'data', mountPath: '/var/lib/postgresql/data' }])
    assert.deepEqual(spec?.volumes, [
      { name: 'config', configMap: { name: 'pgbackrest' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-postgres-primary-0' } },
    ])
    assert.equal(spec?.serviceAccountName, 'postgres')
    assert.deepEqual(spec?.securityContext, { runAsUser: 999, fsGroup: 999 })
    assert.deepEqual(spec?.tolerations, [{ key: 'dedicated', operator: 'Exists' }])
  })

  it('is never taken for the database: none of its labels, ports, probes or memory, and no token', () => {
    const { metadata, spec } = made().spec?.template ?? {}
    for (const [key, value] of Object.entries(labels)) assert.notEqual(metadata?.labels?.[key], value)
    const [own] = spec?.containers ?? []
    assert.equal(own?.ports, undefined)
    assert.equal(own?.readinessProbe, undefined)
    assert.deepEqual(own?.resources, { requests: { cpu: '100m', memory: '256Mi' } })
    assert.equal(spec?.initContainers, undefined)
    assert.equal(spec?.automountServiceAccountToken, false)
  })

  it('stands on the node of the database’s pod, where there is one', () => {
    const terms =
      made().spec?.template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
        ?.nodeSelectorTerms
    assert.deepEqual(terms, [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }])
    const anywhere = jobOf(set, { namespace: 'shodo' }, beside, undefined)
    assert.equal(anywhere.spec?.template.spec?.affinity, undefined)
  })

  it('never has two pods at once, and does not stay for ever', () => {
    const { podReplacementPolicy, ttlSecondsAfterFinished, activeDeadlineSeconds } = made().spec ?? {}
    assert.equal(podReplacementPolicy, 'Failed')
    assert.ok((ttlSecondsAfterFinished ?? Number.POSITIVE_INFINITY) <= 60)
    assert.ok((activeDeadlineSeconds ?? Number.POSITIVE_INFINITY) <= 7 * 86_400)
  })

  it('takes another container and other amounts where the connections file says so, and refuses one that is not there', () => {
    const resources = { requests: { memory: '1Gi' } }
    const [own] = made({ container: 'exporter', resources }).spec?.template.spec?.containers ?? []
    assert.equal(own?.image, 'exporter:1')
    assert.deepEqual(own?.resources, resources)
    assert.throws(
      () => made({ container: 'other' }),
      (error) => isRefusal(error, 'container-not-running'),
    )
  })
})
