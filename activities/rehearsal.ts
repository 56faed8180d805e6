/** Steps of a runbook tried without an incident, as an activity of a cluster's worker. Of a change nothing but its plan is ever called. */
import type { Tried, TriedStep } from '../domain/rehearsal/rehearsal.ts'
import { catalogue, type Hands, hasHands, isChange, kindOf } from '../domain/steps/catalogue.ts'
import type { ChangeHand, Plan, ReadHand, StepParams } from '../domain/steps/contract.ts'
import { cutTo, said, type Text } from '../domain/words.ts'
import type { Activities } from '../wire/activities.ts'
import { alive } from './alive.ts'
import { parser, rehearseCall } from './calls.ts'
import type { Guard } from './guard.ts'
import { refuse } from './refusal.ts'

const beatEveryMs = 1_000
/** A report holds them all. */
const longestWords = 200

type AnyHand = ReadHand<StepParams> | ChangeHand<StepParams>

export function rehearsalActivities(hands: Hands, guard: Guard): Pick<Activities, 'rehearse'> {
  return {
    rehearse: (input) =>
      alive('rehearse', beatEveryMs, async () => {
        const { kind, params, context } = rehearseCall(input)
        guard.place(context)
        if (!hasHands(kind))
          return refuse('bad-input', {
            where: kind,
            problem: {
              en: 'this worker has no step of that kind',
              ja: 'このワーカーにその種類の手順はありません',
            },
          })
        const given: StepParams = parser(kind, catalogue[kind].params)(params)
        await guard.words(kind, given, context)
        const hand = hands[kind] as AnyHand
        if (typeof hand !== 'function') return plannedStep(kind, await hand.plan(given, context))
        const { findings, partial } = await hand(given, context)
        const tried: Tried = partial === true ? 'read-in-part' : 'read'
        // What was read stays with the target: a report is kept, and nobody needs the text of it.
        return { tried, says: short(findings[0]?.says ?? '') }
      }),
  }
}

function plannedStep(kind: string, { nothingToDo, says }: Plan): TriedStep {
  const declared = kindOf(kind)
  const dries = declared !== undefined && isChange(declared) && declared.dryRun === true
  const tried: Tried = nothingToDo ? 'nothing-to-do' : dries ? 'dry-run' : 'planned'
  return { tried, says: short(says) }
}

function short(words: string | Text): Text {
  const { en, ja } = said(words)
  const first = (text: string) => cutTo(text.split('\n', 1)[0] ?? '', longestWords)
  return { en: first(en), ja: first(ja) }
}
