/** Hands that write down what they were made to do, and do nothing. */
import { catalogue, type Hands, handNames } from '../../domain/steps/catalogue.ts'
import type { Done, Plan, Reading, StepContext, StepParams, Verified } from '../../domain/steps/contract.ts'
import { planOf } from '../activities/signed-calls.ts'

export type Touched = {
  readonly what: 'read' | 'plan' | 'run' | 'verify'
  readonly kind: string
  readonly words: string
}

const gentle = { ready: 0, notReady: 0, ofReady: 3 }

export function spiedHands(touched: Touched[]): Hands {
  const says = { ja: '済み', en: 'done' }
  const note = (what: Touched['what'], kind: string, params: StepParams, { namespace }: StepContext) =>
    touched.push({ what, kind, words: `${namespace} ${JSON.stringify(params)}` })
  const hands = handNames.map((kind) => {
    const read = async (params: StepParams, context: StepContext): Promise<Reading> => {
      note('read', kind, params, context)
      return { facts: { of: kind }, findings: [], text: 'what only the runbook may read' }
    }
    const change = {
      plan: async (params: StepParams, context: StepContext): Promise<Plan> => {
        note('plan', kind, params, context)
        // As a hand would plan it that takes nobody's pods away.
        return context.stepRun.endsWith('/gentle') ? planOf(kind, gentle) : planOf(kind)
      },
      run: async (params: StepParams, _: Plan, context: StepContext): Promise<Done> => {
        note('run', kind, params, context)
        return { says, already: false, after: {} }
      },
      verify: async (params: StepParams, _: Plan, __: Done, context: StepContext): Promise<Verified> => {
        note('verify', kind, params, context)
        return { ok: true, says, facts: {} }
      },
    }
    return [kind, catalogue[kind].risk === 'read' ? read : change]
  })
  return Object.fromEntries(hands) as Hands
}
