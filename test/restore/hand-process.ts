/** One attempt of a change in a process of its own, which a test kills as a worker dies: each sign of life is a line. Arguments: a file of JSON. */
import { readFileSync } from 'node:fs'
import { connectionsOf } from '../../activities/connections-file.ts'
import { kubernetesApi } from '../../activities/kubernetes/api/client.ts'
import { drill } from '../../activities/pgbackrest/drill/drill.ts'
import { restoreHands } from '../../activities/pgbackrest/index.ts'
import { placeOf } from '../../activities/pgbackrest/place.ts'
import { withPulse } from '../../activities/pulse.ts'
import type { ChangeHand, Plan, StepContext, StepParams } from '../../domain/steps/contract.ts'

export type Attempt = {
  readonly kind: string
  readonly params: StepParams
  /** A drill has none. */
  readonly plan: Plan | undefined
  readonly context: StepContext
  readonly connections: Parameters<typeof connectionsOf>[0]
  readonly kubeconfigPath?: string
}

const attempt = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Attempt
const { kind, params, plan, context, kubeconfigPath = '/nonexistent' } = attempt
const connections = connectionsOf(attempt.connections, process.env)
const place = placeOf(connections, kubernetesApi({ cluster: context.cluster, kubeconfigPath }))
const hands = restoreHands(place)
const hand = hands[kind as keyof typeof hands] as ChangeHand<StepParams>
const life = {
  signal: new AbortController().signal,
  beat: (detail: unknown) => console.log(JSON.stringify(detail)),
}
const chance = { chance: Math.random, isUnderWay: async () => true }
const work =
  plan === undefined
    ? () => drill(place, params as Parameters<typeof drill>[1], context, chance)
    : () => hand.run(params, plan, context)
const done = await withPulse<object>(life, work)
console.log(JSON.stringify({ at: 'done', ...done }))
