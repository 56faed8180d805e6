/** Restores as a person asks for them: by what is meant, whatever the runbook calls its steps. */
import { expected } from '../../../../domain/expected.ts'
import { makesCopies } from '../../../../domain/incident/steps/copy-of.ts'
import { findDone } from '../../../../domain/incident/steps/find-step.ts'
import { present } from '../../../../domain/present.ts'
import type { StepParams } from '../../../../domain/steps/contract.ts'
import { sayInstant, tzVersion } from '../../../../edge/instant/said.ts'
import { Refused, refused } from '../../../../edge/refused.ts'
import { targetOf } from '../../../../edge/restore-target.ts'
import { toldByWorker } from '../../../incidents/shown.ts'
import { explained } from '../../../words/fact.ts'
import { confirmed } from '../confirm.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { type Options, textOf, textsOf } from '../verb.ts'
import { zoneIn } from '../zone.ts'
import { requestStep, undo } from './run.ts'
import { offeredOfKind, stepOfKind } from './step-of-kind.ts'

/** Requests the step of a kind, as the runbook has it. */
export async function runOfKind(
  session: Session,
  incident: string,
  kind: string,
  options: Options,
): Promise<number> {
  const { state } = await told(session, incident)
  const step = stepOfKind(state, kind, textOf(options.step))
  return requestStep(session, { incident, step, params: {} }, options)
}

/** Says what was understood, has the person confirm that, requests it, and keeps the time as it was typed in the timeline. */
export async function restoreRun(session: Session, incident: string, options: Options): Promise<number> {
  const timestamp = textOf(options.timestamp)
  if ((timestamp === undefined) === (options.latest !== true))
    throw refused('bad-input', {
      where: 'restore run',
      problem: expected('either --timestamp or --latest', '--timestamp か --latest のどちらか一方'),
    })
  const timeline = timelineIn(textOf(options.timeline))
  const { state, zone } = await told(session, incident)
  const step = stepOfKind(state, 'postgres.restore', textOf(options.step))
  const time = timeOf(timestamp, zone)
  session.say(
    time === undefined
      ? { en: 'Restore everything that the archive has.', ja: 'アーカイブの最後まで復元します。' }
      : { en: `Restore to ${time.said}`, ja: `復元する時点: ${time.said}` },
  )
  await confirm(session, step, textOf(options.confirm))
  const params: StepParams = {
    ...present({ target: time?.utc, timeline, backup: textOf(options.backup) }),
  }
  const besides = async () => {
    if (time === undefined) return
    const meant = `${time.meant} (tzdata ${tzVersion()})`
    const note = { en: `restore target: ${meant}`, ja: `復元する時点: ${meant}` }
    await noted(session, incident, note[session.lang])
  }
  const exit = await requestStep(session, { incident, step, params, besides }, options)
  if (exit === 0 && offeredOfKind(state, 'postgres.cut-over').length > 0)
    session.say({
      en: `Once the copy is verified: hikeshi restore cut-over ${incident}, or hikeshi restore discard ${incident}`,
      ja: `コピーの検証後: hikeshi restore cut-over ${incident}（切り替え）または hikeshi restore discard ${incident}（破棄）`,
    })
  return exit
}

/** Finds the last commit at which a check of the runbook held, between two times. */
export async function bisect(session: Session, incident: string, options: Options): Promise<number> {
  const timeline = timelineIn(textOf(options.timeline))
  const { state, zone } = await told(session, incident)
  const step = stepOfKind(state, 'postgres.bisect', textOf(options.step))
  const [good, bad] = [timeOf(options.good, zone), timeOf(options.bad, zone)]
  if (good !== undefined) session.say({ en: `It holds at ${good.said}`, ja: `合格した時点: ${good.said}` })
  if (bad !== undefined) session.say({ en: `It fails at ${bad.said}`, ja: `不合格になった時点: ${bad.said}` })
  const params: StepParams = {
    ...present({
      check: textOf(options.check),
      good: good?.utc,
      bad: bad?.utc,
      timeline,
    }),
  }
  const meant = [good, bad].flatMap((each) => each?.meant ?? []).join(', ')
  const besides = async () => {
    if (meant !== '') await noted(session, incident, `bisect: ${meant} (tzdata ${tzVersion()})`)
  }
  return requestStep(session, { incident, step, params, besides }, options)
}

const conditionForm = /^\s*(\S+)\s+(=|<=|>=|<|>|between|in|is null)(?:\s+(.*))?$/i

/** Brings rows back from the copy; what they are is said without SQL, so that it can only be a condition. */
export async function salvage(session: Session, incident: string, options: Options): Promise<number> {
  const { state } = await told(session, incident)
  const step = stepOfKind(state, 'postgres.salvage', textOf(options.step))
  const rows = textsOf(options.where).map((text) => {
    const [, column, is = '', values = ''] = conditionForm.exec(text) ?? []
    if (column === undefined)
      throw refused('bad-input', {
        where: '--where',
        problem: expected('a condition such as "customer_id in 7,8"', '"customer_id in 7,8" のような条件'),
      })
    const several = /^(in|between)$/i.test(is) ? values.split(',').map((value) => value.trim()) : [values]
    return { column, is: is.toLowerCase(), values: values === '' ? [] : several }
  })
  const params: StepParams = {
    ...present({
      table: textOf(options.table),
      into: textOf(options.into),
      rows: rows.length === 0 ? undefined : rows,
    }),
  }
  return requestStep(session, { incident, step, params }, options)
}

/** By the runbook's own step, else by taking the restore back, which is the same. */
export async function discard(session: Session, incident: string, options: Options): Promise<number> {
  const kind = 'postgres.discard-copy'
  const { state } = await told(session, incident)
  const restored = Object.values(state.steps).findLast((run) => makesCopies.includes(run.kind))
  const done = restored && findDone(state, restored.step)
  if (done === undefined || offeredOfKind(state, kind).length > 0)
    return runOfKind(session, incident, kind, options)
  return undo(session, incident, done.id, options)
}

async function told(session: Session, incident: string) {
  const shown = await (await session.incidents()).show(incident)
  return { state: toldByWorker(shown).state, zone: zoneIn(session, shown) }
}

type Typed = {
  /** In its own zone, the team's and UTC. */
  readonly said: string
  /** As a step wants it. */
  readonly utc: string
  /** `2024-01-20 14:30:00 JST = 2024-01-20T05:30:00.000Z` */
  readonly meant: string
}

function timeOf(option: Options[string], team: string): Typed | undefined {
  const typed = textOf(option)
  return typed === undefined ? undefined : timeIn(typed, team)
}

function timeIn(typed: string, team: string): Typed {
  const { ms, zone } = targetOf(typed, team)
  const utc = new Date(ms).toISOString()
  return { said: sayInstant(ms, zone, team), utc, meant: `${typed.trim()} = ${utc}` }
}

async function confirm(session: Session, step: string, given: string | undefined): Promise<void> {
  const question = { en: `Request ${step}?`, ja: `${step} を依頼しますか？` }
  const answer = given ?? (await confirmed(session, question[session.lang]))
  if (answer === 'nobody') throw refused('confirm-first', { step })
  if (answer !== 'yes') throw refused('request-not-confirmed', { step })
}

/** The request stands by then: what goes wrong with its note must not make it look failed. */
async function noted(session: Session, incident: string, text: string): Promise<void> {
  try {
    const incidents = await session.incidents()
    await patiently(session, incidents.command(incident, { type: 'note', text, by: session.by }))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { en, ja } = explained(error.failure).what
    session.say({
      en: `It was requested, but not noted: ${en}`,
      ja: `依頼しましたが、メモは残せません: ${ja}`,
    })
  }
}

function timelineIn(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(typed)) return Number(typed)
  throw refused('bad-input', {
    where: '--timeline',
    problem: expected('the number of a timeline', 'タイムラインの番号'),
  })
}
