import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectionsOf } from '../../../activities/connections-file.ts'
import { handsOf } from '../../../activities/hands.ts'
import { type Kubernetes, kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { type Manifest, manifestsFor } from '../../../client/rights/manifests.ts'
import { namespaceKinds } from '../../../domain/runbook/parts.ts'
import type { Runbook } from '../../../domain/runbook/runbook.ts'
import { type HandName, type Hands, kindOf, needsOf } from '../../../domain/steps/catalogue.ts'
import type { ChangeHand, ReadHand, Reading, StepParams } from '../../../domain/steps/contract.ts'
import { needsTogether, partsOfRight, type Right } from '../../../domain/steps/needs.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { smallBook } from '../../domain/incident/small-runbook.ts'
import { skipWithout } from '../../lab/skip.ts'
import { scratch } from '../../scenarios/world.ts'
import { openWorld, type World } from './world.ts'

const web = { deployment: 'web' }
const program = { ...web, argv: ['ls', '/'], within: 10_000 }

type Step = readonly [kind: HandName, params: StepParams]

/** Every kind that reaches Kubernetes alone. */
const stepsWith = (replicas: number, memory: string): readonly Step[] => [
  ['kubernetes.pods', {}],
  ['kubernetes.events', {}],
  ['kubernetes.rollouts', {}],
  ['kubernetes.logs', web],
  ['kubernetes.log-count', { ...web, contains: 'ERROR' }],
  ['kubernetes.top', {}],
  ['kubernetes.connections', web],
  ['kubernetes.exec-read', program],
  ['kubernetes.exec', program],
  ['kubernetes.scale', { ...web, replicas }],
  ['kubernetes.set-resources', { ...web, limits: { memory } }],
  ['kubernetes.rollout-restart', web],
  ['kubernetes.rollout-undo', web],
  ['kubernetes.delete-pods', { selector: 'app=web', notReady: false }],
]
describe('the rights that a kind of step declares', function () {
  this.timeout(300_000)
  let world: World
  before(async function () {
    world = await openWorld('needs')
    skipWithout(this, world.lab, 'exec')
    await world.deploy('web', { replicas: 2 })
    await world.rollOut('web', { image: 'web:2' })
  })
  after(() => world?.close())

  const hasMetrics = () => world.lab.without['metrics-server'] === undefined
  const steps = (replicas = 3, memory = '64Mi') =>
    stepsWith(replicas, memory).filter(([kind]) => hasMetrics() || kind !== 'kubernetes.top')
  const kinds = () => steps().map(([kind]) => kind)

  /** As a worker does it: a change is planned, made and verified. */
  async function carryOut(hands: Hands, kind: HandName, given: StepParams): Promise<void> {
    const params = kindOf(kind)?.params.parse(given)
    const context = world.context(`${kind.replace('.', '-')}-${Date.now().toString(36)}`)
    const hand = hands[kind] as unknown
    if (typeof hand === 'function') {
      await (hand as ReadHand<unknown>)(params, context)
      return
    }
    const { plan, run, verify } = hand as ChangeHand<unknown>
    const planned = await plan(params, context)
    assert.equal(planned.nothingToDo, false, kind)
    const done = await run(params, planned, context)
    const verified = await verify(params, planned, done, context)
    assert.equal(verified.ok, true, verified.says.en)
  }

  /** What is asked of the API server, as RBAC names it without its group. */
  function listening(kubernetes: Kubernetes, heard: Set<string>): Kubernetes {
    return {
      ...kubernetes,
      call: (question) => {
        heard.add(`${question.verb} ${question.resource}`)
        return kubernetes.call(question)
      },
      stream: (asked, path, signal) => {
        heard.add(`${asked.verb} ${asked.resource}`)
        return kubernetes.stream(asked, path, signal)
      },
      exec: (signal) => {
        heard.add('create pods/exec').add('get pods/exec')
        return kubernetes.exec(signal)
      },
    }
  }
  const withoutGroup = (right: Right) => {
    const { verb, resource, subresource, group } = partsOfRight(right)
    const name = subresource === undefined ? resource : `${resource}/${subresource}`
    return `${verb} ${group === 'metrics.k8s.io' ? `${name}.${group}` : name}`
  }

  /** Asked where things stand as they do not here: a pod that is named, one that is not Ready, a workload without pods, a Lease that is held. */
  const notHere: { readonly [kind in HandName]?: readonly string[] } = {
    'kubernetes.pods': ['list events', 'get pods/log'],
    'kubernetes.logs': ['get pods'],
    'kubernetes.delete-pods': ['delete pods', 'list events'],
    // Of a rollout that is not complete at the first look.
    'kubernetes.scale': ['list pods'],
    'kubernetes.set-resources': ['list pods'],
    'kubernetes.rollout-restart': ['list pods'],
  }

  it('are those that its hands ask for: none is missing, and none is too much', async () => {
    for (const [kind, params] of steps()) {
      const heard = new Set<string>()
      const hands = handsOf({
        connections: connectionsOf({}, {}),
        kubernetes: listening(world.kubernetes, heard),
      })
      await carryOut(hands, kind, params)
      // Every account may ask it.
      heard.delete('create selfsubjectaccessreviews')
      const { needs, optional } = needsTogether(needsOf([kind]).map(({ kubernetes }) => kubernetes))
      const declared = new Set([...needs, ...optional.flatMap(({ what }) => what)].map(withoutGroup))
      assert.deepEqual(
        [...heard].filter((each) => !declared.has(each)),
        [],
        `${kind} asks for more`,
      )
      const unasked = [...declared].filter((each) => !heard.has(each))
      const known = [...(notHere[kind] ?? []), 'update leases']
      assert.deepEqual(
        unasked.filter((each) => !known.includes(each)),
        [],
        `${kind} does not ask for it`,
      )
    }
  })

  const book = (): Runbook => {
    const { symptoms, severities, ...rest } = smallBook()
    const [first] = symptoms
    assert.ok(first)
    const own = steps().map(([kind, params], i) => ({ id: `s${i}`, title: first.title, kind, with: params }))
    const none = Object.fromEntries(
      Object.entries(severities).map(([name, severity]) => [name, { ...severity, quick: [] }]),
    ) as unknown as Runbook['severities']
    return {
      ...rest,
      namespace: world.namespace,
      severities: none,
      symptoms: [{ ...first, steps: own as unknown as (typeof first)['steps'] }],
    }
  }

  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  function collectionOf({ kind, metadata: { namespace } }: Manifest): string {
    if (kind === 'ServiceAccount') return `/api/v1/namespaces/${namespace}/serviceaccounts`
    const name = `${kind.toLowerCase()}s`
    return namespace === undefined ? `${rbac}/${name}` : `${rbac}/namespaces/${namespace}/${name}`
  }

  /** What `hikeshi rbac` prints for such a runbook, given to an account that has nothing else. */
  async function asWorker(
    least: boolean,
    work: (hands: Hands, manifests: readonly Manifest[]) => Promise<void>,
  ) {
    const manifests = manifestsFor([book()], { account: undefined, least }).map(({ manifest }) => manifest)
    for (const each of manifests)
      await world.cluster.post(collectionOf(each), each).catch((error) => {
        // The ClusterRole is that of the lab as well.
        if (error.code !== 409) throw error
        return world.cluster.put(`${collectionOf(each)}/${each.metadata.name}`, each)
      })
    const account = `/api/v1/namespaces/${world.namespace}/serviceaccounts/hikeshi-worker`
    const { status } = await world.cluster.post<{ status: { token: string } }>(`${account}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3_600 },
    })
    await scratch(async (dir) => {
      const kubeconfigPath = join(dir, 'kubeconfig')
      const lab = await readFile(world.lab.workerKubeconfig, 'utf8')
      await writeFile(kubeconfigPath, lab.replace(/("?token"?: *"?)[^"\s,}]+/, `$1${status.token}`))
      const kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath })
      await kubernetes.load()
      await work(handsOf({ connections: connectionsOf({}, {}), kubernetes }), manifests)
    })
  }
  const access = (hands: Hands): Promise<Reading> =>
    hands['kubernetes.access']({ steps: [...new Set([...kinds(), ...namespaceKinds])] }, world.context())
  const lacked = async (hands: Hands) => (await access(hands)).findings.map(({ says }) => says.en)
  /** By name, those that steps can do without too. */
  const missed = async (hands: Hands) => {
    const { facts, findings } = await access(hands)
    const { lacking } = facts as { readonly lacking: readonly string[] }
    return [...lacking, ...findings.flatMap(({ evidence }) => evidence.map((line) => said(line).en))].join(
      '; ',
    )
  }

  it('are all that a worker needs, also without those that steps can do without', async () => {
    await asWorker(true, async (hands) => {
      await until(async () => (await access(hands)).findings.every(({ code }) => code !== 'right-missing'), {
        what: 'the rights to be there',
        withinMs: 10_000,
      })
      // A change that is made already would be none.
      for (const [kind, params] of steps(4, '96Mi')) await carryOut(hands, kind, params)
    })
  })

  it('are all that the doctor looks for, and each that is taken away is named', async () => {
    await asWorker(false, async (hands, manifests) => {
      await until(async () => (await lacked(hands)).length === 0, {
        what: 'no right to be missing',
        withinMs: 10_000,
      })
      for (const role of manifests.filter(({ kind }) => kind === 'Role')) {
        const path = `${collectionOf(role)}/${role.metadata.name}`
        for (const [i, rule] of (role.rules ?? []).entries()) {
          await world.cluster.mergePatch(path, { rules: role.rules?.filter((_, j) => j !== i) })
          const [group] = rule.apiGroups
          const right = `${rule.verbs[0]} ${rule.resources[0]}${group === '' ? '' : `.${group}`}`
          await until(async () => (await missed(hands)).includes(right), {
            what: `${right} to be missed`,
            withinMs: 10_000,
          })
        }
        await world.cluster.mergePatch(path, { rules: role.rules })
      }
    })
  })
})
