/**
 * Hands that reach nothing: answers of the right shape after a random while, now and then a refusal, and now and then one that comes
 * in the very moment in which the workflow stops waiting for it.
 */

import { pause } from '../../activities/pulse.ts'
import { refuse } from '../../activities/refusal.ts'
import { partAnswersWithinMs } from '../../domain/incident/fold/picture.ts'
import { catalogue, type Hands } from '../../domain/steps/catalogue.ts'
import type {
  Done,
  Finding,
  Plan,
  Reading,
  StepContext,
  StepParams,
  Verified,
} from '../../domain/steps/contract.ts'
import { type Chance, chanceOf } from './chance.ts'

const says = { ja: '監査', en: 'audit' }

export function auditHands(seed: string): Hands {
  const answers = async (what: string, context: StepContext, params: StepParams): Promise<Chance> => {
    const chance = chanceOf(`${seed}/${context.stepRun}/${what}/${JSON.stringify(params)}`)
    const isLast = chance.happens(0.03)
    const ms = isLast
      ? partAnswersWithinMs - chance.between(-60, 60)
      : chance.between(0, chance.of([20, 200, 1_500]))
    await pause(ms)
    if (chance.happens(0.08)) refuse('target-not-found', { target: what })
    return chance
  }
  const hands = Object.entries(catalogue).map(([kind, declared]) => {
    const read = async (params: StepParams, context: StepContext): Promise<Reading> => {
      const chance = await answers(`${kind}.read`, context, params)
      const findings = declared.finds.filter(() => chance.happens(0.15)).map((code) => finding(code, params))
      return { facts: { drawn: chance.between(0, 999) }, findings, text: 'audit' }
    }
    const change = {
      plan: async (params: StepParams, context: StepContext): Promise<Plan> => {
        const chance = await answers(`${kind}.plan`, context, params)
        return {
          target: `deployment/shodo/${String(params.deployment ?? 'shodo-backend')}`,
          says,
          nothingToDo: chance.happens(0.15),
          change: { replicas: 8 },
          before: { replicas: 3, template: 'abc123' },
          pods: { ready: 0, notReady: 0, ofReady: 3 },
        }
      },
      run: async (params: StepParams, _plan: Plan, context: StepContext): Promise<Done> => {
        await answers(`${kind}.run`, context, params)
        return { says, already: false, after: { replicas: 8 } }
      },
      verify: async (
        params: StepParams,
        _plan: Plan,
        _done: Done,
        context: StepContext,
      ): Promise<Verified> => {
        const chance = await answers(`${kind}.verify`, context, params)
        return { ok: chance.happens(0.8), says, facts: {} }
      },
    }
    return [kind, declared.risk === 'read' ? read : change]
  })
  return Object.fromEntries(hands) as Hands
}

function finding(code: Finding['code'], params: StepParams): Finding {
  const subject = typeof params.url === 'string' ? params.url : 'deployment/shodo/shodo-backend'
  return { code, subject, says, evidence: [], data: null }
}
