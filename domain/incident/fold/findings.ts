/**
 * What is known to be wrong, as the state carries it: each finding once, as it was last seen, until it is looked for and not there any
 * more. The state travels in every continue-as-new, so neither a finding nor their number may grow without an end.
 */
import { present } from '../../present.ts'
import type { Finding } from '../../steps/contract.ts'
import { jsonBytes } from '../../timeline/canonical.ts'
import { cutTo, cutWords, type Text } from '../../words.ts'
import type { EventData, PartResult } from './events.ts'
import { type Answer, againBy, seenByAfter, sightingsOf } from './gone.ts'
import { findingKey, named, type Parts } from './picture.ts'
import type { IncidentState, KnownFinding } from './state.ts'

const kept = {
  findings: 60,
  ofOneCode: 10,
  evidence: 3,
  line: 160,
  says: 240,
  dataBytes: 1_000,
}
/** The newest picture's figures, as far as they are carried along. */
const pictureBytes = 150_000

/** Whether there is room for one more; those of the incident's own service find room before others. */
export function hasRoom(state: Pick<IncidentState, 'findings' | 'service'>, finding: Finding): boolean {
  const { findings, service } = state
  const ofCode = findings.filter(({ code }) => code === finding.code).length
  const share = finding.service === service ? 1 : 2
  return findings.length < kept.findings / share && ofCode < kept.ofOneCode
}

export function withFinding(
  state: IncidentState,
  { finding, run, parts = [] }: EventData['found'],
  at: string,
): IncidentState {
  const { wanted, taken } = state.situation
  const known: KnownFinding = {
    ...short(finding),
    foundAt: at,
    seenBy: run === undefined ? parts : [againBy(run)],
    seenIn: run === undefined && taken !== undefined ? taken.number : wanted,
  }
  const others = state.findings.filter((other) => findingKey(other) !== findingKey(finding))
  return { ...state, findings: [...others, known] }
}

export function withoutFindings(
  state: IncidentState,
  gone: readonly Pick<Finding, 'code' | 'subject'>[],
): IncidentState {
  const keys = new Set(gone.map(findingKey))
  const steps = Object.entries(state.steps).map(([run, step]) =>
    keys.has(step.finding ?? '') ? [run, { ...step, reasonGone: true }] : [run, step],
  )
  return {
    ...state,
    findings: state.findings.filter((known) => !keys.has(findingKey(known))),
    steps: Object.fromEntries(steps),
  }
}

/**
 * What is known after these readings answered: what was seen again says what was seen now, and of everything else it is known who has
 * to look for it still. `picture` is the number of the picture that they are parts of: it was asked for earlier than it answers, so it
 * does not speak against what somebody saw meanwhile.
 */
export function afterAnswers(
  state: IncidentState,
  answers: readonly Answer[],
  picture?: number,
): IncidentState {
  const seen = new Map(
    answers.flatMap(({ findings }) => findings.map((finding) => [findingKey(finding), finding])),
  )
  const findings = state.findings.map((known): KnownFinding => {
    const { service, foundAt, seenIn } = known
    const heard = picture !== undefined && seenIn >= picture ? saw(known, answers) : answers
    const seenBy = seenByAfter(state, known, heard)
    const again = seen.get(findingKey(known))
    if (again === undefined) return { ...known, seenBy }
    return {
      ...short(again),
      foundAt,
      seenBy,
      seenIn: Math.max(seenIn, picture ?? state.situation.wanted),
      ...present({ service }),
    }
  })
  return { ...state, findings }
}

function saw(finding: Finding, answers: readonly Answer[]): readonly Answer[] {
  const ids = sightingsOf(finding, answers)
  return answers.filter(({ id }) => ids.includes(id))
}

/** Excerpts stay in the timeline, and where there are many figures, figures too: what is carried is what is shown. */
export function lean(parts: Parts): Parts {
  const short = mapReadings(parts, ({ text: _, ...reading }) => ({
    ...reading,
    findings: reading.findings.map((finding) => ({ ...shortened(finding), evidence: [], data: null })),
  }))
  if (jsonBytes(short) <= pictureBytes) return short
  const bare = mapReadings(short, (reading) => ({ ...reading, facts: null }))
  if (jsonBytes(bare) <= pictureBytes) return bare
  return mapReadings(bare, (reading) => ({ ...reading, findings: reading.findings.slice(0, 1) }))
}

/** A picture without the excerpts: nobody asked for it, so nobody reads them. */
export function withoutTexts(parts: Parts): Parts {
  return mapReadings(parts, ({ text: _, ...reading }) => reading)
}

type Reading = Extract<PartResult, { ok: true }>['reading']

function mapReadings(parts: Parts, change: (reading: Reading) => Reading): Parts {
  return Object.fromEntries(
    Object.entries(parts).map(([id, part]) => [
      id,
      part.ok ? { ok: true, reading: change(part.reading) } : part,
    ]),
  )
}

function short(finding: Finding): Finding {
  const { evidence, data, answers, ...rest } = finding
  return {
    ...shortened({ ...rest, evidence, data }),
    ...(answers === undefined || jsonBytes(answers) > kept.dataBytes ? {} : { answers }),
    evidence: evidence.slice(0, kept.evidence).map((line) => cutWords(line, kept.line)),
    data: jsonBytes(data) <= kept.dataBytes ? data : null,
  }
}

function shortened(finding: Finding): Finding {
  const says: Text = { ja: cutTo(finding.says.ja, kept.says), en: cutTo(finding.says.en, kept.says) }
  return { ...named(finding), says }
}
