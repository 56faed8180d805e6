import { expected } from '../../../../domain/expected.ts'
import { findDone, findRun } from '../../../../domain/incident/steps/find-step.ts'
import { kindOf } from '../../../../domain/steps/catalogue.ts'
import type { StepParams } from '../../../../domain/steps/contract.ts'
import type { Text } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import type { Incidents } from '../../../incidents/incidents.ts'
import { toldByWorker } from '../../../incidents/shown.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import type { Options } from '../verb.ts'
import { printReceipt, printRun, waitForStep, waitLimit } from '../wait.ts'
import { stepOfKind } from './step-of-kind.ts'

export async function run(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const params = parameters(options.with)
  const step = await stepMeant(session, incident, word)
  return requestStep(session, { incident, step, params }, options)
}

/** A step by its name or by its kind; `rollback.2` is a run of the step `rollback`. */
async function stepMeant(session: Session, incident: string, word: string): Promise<string> {
  if (kindOf(word) === undefined) return word.replace(/\.\d+$/, '')
  const shown = await (await session.incidents()).show(incident)
  return stepOfKind(toldByWorker(shown).state, word)
}

type Requested = {
  readonly incident: string
  readonly step: string
  readonly params: StepParams
  /** What belongs to the request, right after it. */
  readonly besides?: () => Promise<void>
}

/** Requests a run of a step, and prints what becomes of it. */
export async function requestStep(
  session: Session,
  { incident, step, params, besides }: Requested,
  options: Options,
): Promise<number> {
  const limitMs = waitLimit(options.timeout)
  const incidents = await session.incidents()
  const { receipt } = await patiently(
    session,
    incidents.command(incident, {
      type: 'run',
      by: session.by,
      step,
      ...(Object.keys(params).length === 0 ? {} : { with: params }),
    }),
  )
  await besides?.()
  return runTold(session, incidents, { incident, step, receipt, limitMs }, options)
}

/** What becomes of a run that was asked for: how it ends, where somebody waits, and else how it stands. */
function runTold(
  session: Session,
  incidents: Incidents,
  wanted: Parameters<typeof printRun>[2],
  options: Options,
): Promise<number> {
  return options.wait === true
    ? waitForStep(session, incidents, wanted)
    : printRun(session, incidents, wanted)
}

export async function undo(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const { incidents, state, receipt, limitMs } = await aboutRun(session, incident, word, {
    type: 'undo',
    options,
  })
  const undone = state && findRun(state, word)?.step
  const step = `${undone ?? word}-undo`
  return runTold(session, incidents, { incident, step, receipt, limitMs }, options)
}

export async function retry(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const { incidents, state, receipt, limitMs } = await aboutRun(session, incident, word, {
    type: 'retry',
    options,
  })
  const step = (state && findRun(state, word)?.step) ?? word
  return runTold(session, incidents, { incident, step, receipt, limitMs }, options)
}

export async function verify(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const { incidents, state, receipt, limitMs } = await aboutRun(session, incident, word, {
    type: 'verify',
    options,
  })
  const run = (state && findDone(state, word)?.id) ?? word
  const wanted = { incident, step: run, run, receipt, limitMs }
  return options.wait === true
    ? waitForStep(session, incidents, wanted)
    : printReceipt(session, incident, run, receipt, lookedAt)
}

/** Sends a command about a run that was there before, and says how the incident stood then, where a worker could tell. */
async function aboutRun(
  session: Session,
  incident: string,
  step: string,
  { type, options }: { readonly type: 'undo' | 'verify' | 'retry'; readonly options: Options },
) {
  const limitMs = waitLimit(options.timeout)
  const incidents = await session.incidents()
  const shown = await incidents.show(incident)
  const { receipt } = await patiently(session, incidents.command(incident, { type, by: session.by, step }))
  return { incidents, state: shown.source === 'worker' ? shown.state : undefined, receipt, limitMs }
}

const lookedAt: Text = { en: 'is being verified again', ja: 'の反映を再確認' }

/** `replicas=10` → 10, `name=web` → "web", `limits.memory=1Gi` → `{ limits: { memory: "1Gi" } }`. */
export function parameters(given: Options[string]): Readonly<Record<string, unknown>> {
  const pairs = Array.isArray(given) ? (given as readonly string[]) : []
  const found: Group = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw refused('bad-input', { where: '--with', problem: expected('name=value', '名前=値') })
    put(found, pair.slice(0, at).split('.'), parameterOf(pair.slice(at + 1)))
  }
  return found
}

type Group = { [name: string]: unknown }

/** A dot leads into a group, which several of them fill together. */
function put(group: Group, [name = '', ...inner]: readonly string[], value: unknown): void {
  if (name === '' || name === '__proto__')
    throw refused('bad-input', { where: '--with', problem: expected('name=value', '名前=値') })
  if (inner.length === 0) {
    group[name] = value
    return
  }
  const before = Object.hasOwn(group, name) ? group[name] : undefined
  const next: Group =
    before !== null && typeof before === 'object' && !Array.isArray(before) ? { ...before } : {}
  group[name] = next
  put(next, inner, value)
}

/** JSON where it is JSON, text otherwise. */
function parameterOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
