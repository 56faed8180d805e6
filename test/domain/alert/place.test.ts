import assert from 'node:assert/strict'
import { isNoTrouble, isPlaced, placeOf } from '../../../domain/alert/labels.ts'
import {
  placeTitle,
  serviceOf,
  serviceTitle,
  unknownPlace,
  workloadOfPod,
} from '../../../domain/alert/place.ts'
import { withService } from '../../../domain/incident/fold/whose.ts'
import { type Runbook, runbookSchema } from '../../../domain/runbook/runbook.ts'
import { smallBook } from '../incident/small-runbook.ts'

const long = 'shodo-frontend-public-website-production-v2'
const book: Runbook = ((small) => ({
  ...small,
  cluster: 'tokyo',
  namespace: 'shodo',
  services: {
    ...small.services,
    website: { ...(small.services.frontend as Runbook['services'][string]), deployment: long },
    dotted: { ...(small.services.frontend as Runbook['services'][string]), deployment: 'shodo.batch' },
    database: {
      title: { ja: 'DB', en: 'Database' },
      statefulSets: ['postgres-primary', 'postgres-replica'],
      slowAfter: 1_000,
      look: [{ kind: 'postgres.ready', with: {} }],
    },
  },
}))(runbookSchema.parse(smallBook()))

type Labels = Readonly<Record<string, string>>
const ledTo = (labels: Labels) => serviceOf(book, { place: placeOf(labels) })

/** What kube-state-metrics' own pod leaves on all that it says. */
const exporter = {
  job: 'kube-state-metrics',
  service: 'kube-prometheus-stack-kube-state-metrics',
  endpoint: 'http',
  instance: '10.0.3.14:8080',
  prometheus: 'monitoring/main-prometheus',
}

describe('an alert', () => {
  it('is led to its service by the names of the runbook, whoever wrote the labels', () => {
    const rows: readonly [string, Labels][] = [
      ['backend', { service: 'backend' }],
      ['backend', { service: ' Backend ' }],
      ['backend', { service: 'shodo-backend' }],
      ['website', { service: long }],
      ['dotted', { service: 'shodo.batch', namespace: 'shodo' }],
      ['website', { deployment: long, namespace: 'shodo' }],
      ['website', { pod: `${long}-6d9f7c5b8-x2x9q`, namespace: 'shodo' }],
      [
        'backend',
        { ...exporter, namespace: 'shodo', pod: 'shodo-backend-6d9f7c5b8-x2x9q', container: 'app' },
      ],
      [
        'frontend',
        { ...exporter, namespace: 'shodo', deployment: 'shodo-frontend', pod: 'ksm-5fd9c8df8b-q7wz2' },
      ],
      ['database', { ...exporter, namespace: 'shodo', statefulset: 'postgres-replica' }],
      ['database', { namespace: 'shodo', pod: 'postgres-primary-0' }],
      ['database', { namespace: 'shodo', persistentvolumeclaim: 'data-postgres-primary-0', job: 'kubelet' }],
      ['backend', { namespace: 'shodo', cluster: 'tokyo', job: 'shodo/shodo-backend' }],
      ['backend', { namespace: 'shodo', app: 'shodo-backend', job: 'pods' }],
      ['backend', { namespace: 'shodo', horizontalpodautoscaler: 'shodo-backend' }],
      // Prometheus renames what an exporter says of others.
      [
        'backend',
        {
          namespace: 'monitoring',
          exported_namespace: 'shodo',
          exported_pod: 'shodo-backend-6d9f7c5b8-x2x9q',
        },
      ],
      ['backend', { k8s_namespace_name: 'shodo', k8s_deployment_name: 'shodo-backend' }],
    ]
    for (const [service, labels] of rows) assert.equal(ledTo(labels), service, JSON.stringify(labels))
  })

  it('of what no runbook knows is of nobody, and says of what', () => {
    const rows: readonly [string, Labels][] = [
      ['unknown/payments', { service: 'payments' }],
      ['unknown/payments', { namespace: 'shodo', service: 'payments', job: 'shodo-backend' }],
      ['unknown/payments-api', { ...exporter, namespace: 'shodo', deployment: 'payments-api' }],
      ['unknown/payments-api', { namespace: 'shodo', pod: 'payments-api-6d9f7c5b8-x2x9q' }],
      // Another namespace or cluster is another one, whatever stands there.
      ['unknown/data-lake/shodo-backend', { namespace: 'data-lake', deployment: 'shodo-backend' }],
      ['unknown/osaka/shodo/backend', { cluster: 'osaka', namespace: 'shodo', service: 'backend' }],
      [
        'unknown/osaka/data-lake/scratch-0',
        { cluster: 'osaka', namespace: 'data-lake', persistentvolumeclaim: 'scratch-0', service: 'kubelet' },
      ],
      ['unknown/kubequotafullyused', { namespace: 'shodo', alertname: 'KubeQuotaFullyUsed' }],
      ['unknown/backend', { alertname: 'Backend' }],
      ['unknown/constructor', { service: 'constructor' }],
      ['unknown/shodo-backend-x', { namespace: 'shodo', pod: 'shodo-backend-x' }],
      ['unknown/a-b', { service: 'a "b' }],
      ['unknown/決済', { service: '決済' }],
    ]
    for (const [place, labels] of rows) {
      const service = ledTo(labels)
      assert.equal(service, place, JSON.stringify(labels))
      assert.match(service, unknownPlace)
    }
  })

  it('has a place of a bearable length without anything that lies on a terminal', () => {
    const service = ledTo({ namespace: 'x'.repeat(300), service: `\u001b[2J\u200b${'火'.repeat(300)}` })
    assert.match(service, unknownPlace)
    assert.ok(service.length <= 200)
    assert.equal(ledTo({ service: 'x'.repeat(300) }), `unknown/${'x'.repeat(190)}`)
    assert.equal(placeOf({ service: 'x'.repeat(300) }).service, 'x'.repeat(253))
  })

  it('says of itself what it is about: nearest first, and only where nothing better is said its source or its name', () => {
    assert.deepEqual(placeOf({}), { workloads: [] })
    assert.deepEqual(placeOf({ alertname: 'Up', rulename: 'Rule' }), { workloads: [], alert: 'rule' })
    assert.deepEqual(placeOf({ alertname: 'Up', job: 'a/b' }), { workloads: [], source: 'b' })
    assert.deepEqual(placeOf({ alertname: 'Up', job: 'a/' }), { workloads: [], alert: 'up' })
    assert.deepEqual(placeOf({ job: 'b', persistentvolumeclaim: 'data' }), { workloads: [], claim: 'data' })
    assert.deepEqual(placeOf({ deployment: 'a', pod: 'exporter-x2x9q', replicaset: 'r' }), {
      workloads: ['a'],
    })
    assert.deepEqual(placeOf({ pod: 'web-0', job: 'b', alertname: 'Up' }), { workloads: ['web'] })
    assert.deepEqual(placeOf({ replicaset: 'web-6d9f7c5b8' }), { workloads: ['web'] })
    assert.deepEqual(placeOf({ deployment: 'a', statefulset: 'a', job_name: 'c' }), { workloads: ['a', 'c'] })
    assert.equal(isPlaced(placeOf({ alertname: 'Up', job: 'a' })), false)
    for (const labels of [{ service: 'a' }, { pod: 'a' }, { persistentvolumeclaim: 'a' }])
      assert.equal(isPlaced(placeOf(labels)), true)
    assert.equal(serviceOf(book, {}), 'unknown/nothing')
    assert.equal(serviceOf(book, { service: 'unknown/payments' }), 'unknown/payments')
    assert.equal(serviceTitle(book, 'unknown/payments', 'en'), 'payments (in no runbook)')
    assert.equal(serviceTitle(book, 'gone', 'en'), 'gone')
  })

  it('is named for people as what it is', () => {
    assert.equal(placeTitle('unknown/data-lake/kubelet', 'en'), 'data-lake/kubelet (in no runbook)')
    assert.equal(placeTitle('unknown/payments', 'ja'), 'payments（Runbook にない対象）')
    assert.equal(serviceTitle(book, 'database', 'ja'), 'DB')
  })

  it('that is always there, or says of itself that it is none, is no trouble', () => {
    for (const labels of [
      { alertname: 'Watchdog', severity: 'none' },
      { alertname: 'InfoInhibitor', severity: 'none' },
      { alertname: 'DeadMansSwitch', severity: 'None' },
      { alertname: 'Watchdog' },
    ])
      assert.ok(isNoTrouble(labels), JSON.stringify(labels))
    for (const labels of [
      { alertname: 'KubePodCrashLooping', severity: 'warning' },
      { alertname: 'NoSeverity' },
      { alertname: 'Odd', severity: 'none', hikeshi_severity: 'low' },
    ])
      assert.ok(!isNoTrouble(labels), JSON.stringify(labels))
  })

  it('that Prometheus fires is led like one that comes through the door', () => {
    const runbook = { book, version: 1, sha256: '' }
    const led = (labels: Labels) => {
      const data = { alertname: 'x', value: '1', place: placeOf(labels) }
      const says = { ja: 'x', en: 'x' }
      return withService({ runbook }, { code: 'alert-firing', subject: 'x', says, evidence: [], data })
        .service
    }
    for (const labels of [
      { service: 'shodo-backend' },
      { namespace: 'data-lake', service: 'backend' },
      { pod: 'x' },
    ])
      assert.equal(led(labels), ledTo(labels))
  })

  it('of a pod speaks of its workload', () => {
    const rows: readonly [string, string][] = [
      ['shodo-ai-server-6d9f7c5b8-x2x9q', 'shodo-ai-server'],
      ['redis-master-0', 'redis-master'],
      ['fluent-bit-x2x9q', 'fluent-bit'],
      ['kube-dns-x2x9q', 'kube-dns'],
      ['by-hand', 'by-hand'],
    ]
    for (const [pod, workload] of rows) assert.equal(workloadOfPod(pod), workload)
  })
})
