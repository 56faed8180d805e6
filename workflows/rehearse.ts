/**
 * The rehearsal of a runbook: every step of the published one is tried as far as it changes nothing, a few at a time. One that comes by
 * itself gives way to an incident, and tells the people whom the runbook calls first what would fail; of one by hand whoever asked for it
 * sees the report.
 */
import { workflowInfo } from '@temporalio/workflow'
import { counted } from '../domain/counted.ts'
import { explain, type Failure, failure } from '../domain/failures.ts'
import { present } from '../domain/present.ts'
import type { TriedStep } from '../domain/rehearsal/rehearsal.ts'
import {
  asManyAsFit,
  isNotNow,
  type RehearsalReport,
  type Rehearsed,
  type StepName,
  type ToRehearse,
  toRehearse,
} from '../domain/rehearsal/rehearsal.ts'
import type { Runbook } from '../domain/runbook/runbook.ts'
import type { Outcome } from '../domain/steps/contract.ts'
import { genesis } from '../domain/timeline/chain.ts'
import { cutTo, cutWords, type Text } from '../domain/words.ts'
import type { RehearseInput } from '../wire/messages.ts'
import { refused } from './calls/failure-of.ts'
import type { Looking } from './calls/parts.ts'
import { tellOwner, tryStep } from './calls/rehearsal.ts'
import { publishedRunbook } from './calls/runbook.ts'

/** The targets have other work to do. */
const atOnce = 4

export async function rehearse({ desk, times }: RehearseInput): Promise<RehearsalReport> {
  const { workflowId, startTime } = workflowInfo()
  const { runbook, lab, unresolved, withdrawn } = await publishedRunbook(desk)
  const [incident] = unresolved
  // Nobody needs it any more, and nobody is to be told of it.
  if (times !== undefined && withdrawn !== undefined) throw refused(withdrawn)
  // Some readings are felt by what they read, and what is broken just now is no news.
  if (times !== undefined && incident !== undefined)
    throw refused(failure('rehearsal-yielded', { runbook: desk, incident }))
  const looking: Looking = {
    nowMs: startTime.getTime(),
    state: { id: workflowId, lab, runbook },
    head: genesis,
    answered: () => {},
  }
  const { tried: all, untried } = asManyAsFit(toRehearse(runbook.book))
  const steps = await eachRehearsed(all, looking)
  const { version, sha256 } = runbook
  const report = {
    v: 1,
    rehearsal: workflowId,
    runbook: desk,
    version,
    sha256,
    startedAt: startTime.toISOString(),
    steps,
    ...(untried === 0 ? {} : { untried }),
  } as const
  const rot = steps.filter(isRot)
  if (times === undefined || rot.length === 0) return report
  const message = {
    desk,
    rehearsal: workflowId,
    says: rotSays(desk, rot),
    timezone: runbook.book.timezone,
    startedMs: startTime.getTime(),
  }
  const answers = await Promise.all(
    ownersOf(runbook.book).map(async (owner) => {
      const { ok } = await tellOwner({ ...message, ...owner }, looking)
      return { ok, person: owner.person }
    }),
  )
  const those = (wanted: boolean) => answers.filter(({ ok }) => ok === wanted).map(({ person }) => person)
  const untold = those(false)
  return { ...report, told: those(true), ...present({ untold: untold.length === 0 ? undefined : untold }) }
}

/** In order; whoever has ended takes the next one. */
async function eachRehearsed(all: readonly ToRehearse[], looking: Looking): Promise<readonly Rehearsed[]> {
  const found: (readonly Rehearsed[])[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let at = next++, one = all[at]; one !== undefined; at = next++, one = all[at])
      found[at] = await rehearsed(one, `${at + 1}`, looking)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return found.flat()
}

type Rot = Rehearsed & { readonly ok: false }

function isRot(step: Rehearsed): step is Rot {
  return step.ok === false
}

async function rehearsed(one: ToRehearse, key: string, looking: Looking): Promise<readonly Rehearsed[]> {
  const { steps, kind, words } = one
  const each = (found: Found): readonly Rehearsed[] =>
    steps.map((name: StepName): Rehearsed => ({ ...name, kind, words, ...found }))
  return each(foundBy(await tryStep(one, key, looking)))
}

type Found =
  | ({ readonly ok: true } & TriedStep)
  | { readonly ok: null; readonly says: Text }
  | { readonly ok: false; readonly failure: Failure }

function foundBy(outcome: Outcome<TriedStep>): Found {
  if (outcome.ok) return { ok: true, ...outcome.value }
  const why = outcome.failure
  if (!isNotNow(why)) return { ok: false, failure: shortened(why) }
  const short = (lang: 'en' | 'ja') => cutTo(explain(why, lang).what, longestWords)
  return { ok: null, says: { en: short('en'), ja: short('ja') } }
}

/** What is quoted comes from elsewhere, and a report holds many. */
const longestWords = 200

function shortened(why: Failure): Failure {
  const params = Object.entries(why.params).map(([name, value]) => [
    name,
    typeof value === 'number' ? value : cutWords(value, longestWords),
  ])
  return { ...why, params: Object.fromEntries(params) }
}

/** Whom the runbook's first level calls. */
function ownersOf({ escalation, people }: Runbook) {
  const [first] = escalation.levels
  return [...new Set(first?.notify)].flatMap((person) => {
    const { channels } = people[person] ?? { channels: [] }
    return channels.length === 0 ? [] : [{ person, level: first?.id ?? '', channels }]
  })
}

const mostNamed = 5

function rotSays(desk: string, rot: readonly Rot[]): Text {
  const list = (lang: 'en' | 'ja') =>
    rot
      .slice(0, mostNamed)
      .map(({ service, step, failure }) =>
        cutTo(`${service}/${step}: ${failure.code} ${explain(failure, lang).what}`, 300),
      )
      .join(lang === 'en' ? '; ' : '、')
  const more = rot.length - mostNamed
  return {
    en: `${counted(rot.length, 'step')} of the runbook ${desk} would fail now: ${list('en')}${more > 0 ? `; ${more} more` : ''} (hikeshi rehearse ${desk} --last)`,
    ja: `Runbook「${desk}」の手順 ${rot.length} 件が現在は失敗します: ${list('ja')}${more > 0 ? `、ほか ${more} 件` : ''}（hikeshi rehearse ${desk} --last）`,
  }
}
