/** Figures of many incidents: how long things take, who is woken, what heals and what does not, what never came. */
import { present } from '../present.ts'
import { type Severity, severities, type Text } from '../words.ts'
import { nightOf, weekOf } from './calendar.ts'
import { type Figures, healer } from './figures.ts'

export const groupings = ['service', 'severity', 'week'] as const
export type Grouping = (typeof groupings)[number]

/** An incident, and where its team reads the clock. */
export type Counted = { readonly figures: Figures; readonly timezone: string }

export type Symptom = {
  readonly runbook: string
  readonly service: string
  readonly id: string
  readonly title: Text
}

/** Of so many incidents, in milliseconds. */
export type Spread = { readonly of: number; readonly meanMs: number; readonly medianMs: number }

/** Cancelled ones were false alarms: they count as such, and in no time. */
export type Group = {
  readonly name: string
  readonly incidents: number
  readonly open: number
  readonly cancelled: number
  readonly pages: number
  readonly mtta?: Spread
  readonly mttm?: Spread
  readonly mttr?: Spread
}

export type PersonPaged = {
  readonly person: string
  readonly pages: number
  /** From 22:00 to 7:00 on the team's clock. */
  readonly atNight: number
  /** Pages of each night, by the evening on which it began, newest first. */
  readonly nights: readonly { readonly night: string; readonly pages: number }[]
}

export type StepCounted = {
  readonly runbook: string
  readonly step: string
  readonly title: Text
  /** Runs that began. */
  readonly runs: number
  readonly verified: number
  /** It was the last change that took effect before the incident was resolved. */
  readonly healed: number
  readonly failed: number
  readonly undone: number
  /** Rejected, expired or withdrawn before they began. */
  readonly dropped: number
}

export type Stats = {
  readonly all: Group
  readonly groups: readonly Group[]
  readonly people: readonly PersonPaged[]
  readonly steps: readonly StepCounted[]
  readonly neverSeen: readonly Symptom[]
}

/** `wall`: what the clocks of a zone show, as epoch ms of the same time in UTC. `symptoms`: all that the runbooks know. */
export function statsOf(
  incidents: readonly Counted[],
  by: Grouping,
  symptoms: readonly Symptom[],
  wall: (ms: number, zone: string) => number,
): Stats {
  const named = Map.groupBy(incidents, ({ figures, timezone }) => groupName(figures, by, timezone, wall))
  const groups = [...named].map(([name, some]) => groupOf(name, some))
  return {
    all: groupOf('', incidents),
    groups: groups.toSorted((a, b) => order(by, a.name, b.name)),
    people: peopleOf(incidents, wall),
    steps: stepsOf(incidents),
    neverSeen: neverSeen(incidents, symptoms),
  }
}

function groupName(
  { runbook, service, severity, declared }: Figures,
  by: Grouping,
  timezone: string,
  wall: (ms: number, zone: string) => number,
): string {
  switch (by) {
    case 'service':
      return `${runbook}/${service}`
    case 'severity':
      return severity
    case 'week':
      return weekOf(wall(declared.atMs, timezone))
  }
}

function order(by: Grouping, a: string, b: string): number {
  if (by === 'severity') return severities.indexOf(a as Severity) - severities.indexOf(b as Severity)
  return a < b ? -1 : 1
}

function groupOf(name: string, incidents: readonly Counted[]): Group {
  const all = incidents.map(({ figures }) => figures)
  const real = all.filter(({ over }) => over?.how !== 'cancelled')
  const spread = (which: 'acknowledged' | 'mitigated' | 'resolved') =>
    spreadOf(real.flatMap((one) => (one[which] === undefined ? [] : [one[which].atMs - one.declared.atMs])))
  return {
    name,
    incidents: all.length,
    open: all.filter(({ over, resolved }) => over === undefined && resolved === undefined).length,
    cancelled: all.length - real.length,
    pages: all.reduce((sum, { pages }) => sum + pages.filter(wakes).length, 0),
    ...present({ mtta: spread('acknowledged'), mttm: spread('mitigated'), mttr: spread('resolved') }),
  }
}

function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1)
  return {
    of: values.length,
    meanMs: Math.round(values.reduce((sum, value) => sum + value, 0) / values.length),
    medianMs: Math.round((low + high) / 2),
  }
}

/** It went out, and it was no all-clear. */
function wakes({ sent, reason }: Figures['pages'][number]): boolean {
  return sent !== undefined && reason !== 'all-clear'
}

function peopleOf(
  incidents: readonly Counted[],
  wall: (ms: number, zone: string) => number,
): readonly PersonPaged[] {
  const people = new Map<string, { pages: number; readonly nights: Map<string, number> }>()
  for (const { figures, timezone } of incidents)
    for (const { person, sent } of figures.pages.filter(wakes)) {
      const paged = people.get(person) ?? { pages: 0, nights: new Map<string, number>() }
      people.set(person, paged)
      paged.pages += 1
      const night = sent === undefined ? undefined : nightOf(wall(sent.atMs, timezone))
      if (night !== undefined) paged.nights.set(night, (paged.nights.get(night) ?? 0) + 1)
    }
  return [...people]
    .map(([person, { pages, nights }]) => ({
      person,
      pages,
      atNight: [...nights.values()].reduce((sum, count) => sum + count, 0),
      nights: [...nights]
        .map(([night, pages]) => ({ night, pages }))
        .toSorted((a, b) => (a.night < b.night ? 1 : -1)),
    }))
    .toSorted((a, b) => b.atNight - a.atNight || b.pages - a.pages || (a.person < b.person ? -1 : 1))
}

type Tally = { -readonly [K in keyof StepCounted]: StepCounted[K] }

/** Ways back are no attempts at healing. */
function stepsOf(incidents: readonly Counted[]): readonly StepCounted[] {
  const steps = new Map<string, Tally>()
  for (const { figures } of incidents) {
    const healed = healer(figures)
    for (const change of figures.changes.filter(({ isUndo }) => !isUndo)) {
      const { step, title, started, verified, outcome } = change
      const key = `${figures.runbook}/${step}`
      const tally = steps.get(key) ?? tallyOf(figures.runbook, step)
      steps.set(key, tally)
      tally.title = title
      if (started !== undefined) tally.runs += 1
      if (verified !== undefined) tally.verified += 1
      if (change === healed) tally.healed += 1
      if (outcome === 'failed') tally.failed += 1
      if (outcome === 'undone') tally.undone += 1
      if (outcome === 'rejected' || outcome === 'expired' || outcome === 'withdrawn') tally.dropped += 1
    }
  }
  return [...steps.values()]
    .filter(({ runs, dropped, failed }) => runs + dropped + failed > 0)
    .toSorted((a, b) => b.healed - a.healed || b.runs - a.runs || (a.step < b.step ? -1 : 1))
}

function tallyOf(runbook: string, step: string): Tally {
  const title = { en: step, ja: step }
  return { runbook, step, title, runs: 0, verified: 0, healed: 0, failed: 0, undone: 0, dropped: 0 }
}

function neverSeen(incidents: readonly Counted[], symptoms: readonly Symptom[]): readonly Symptom[] {
  const seen = new Set(
    incidents.map(({ figures: { runbook, service, symptom } }) => `${runbook}/${service}/${symptom}`),
  )
  return symptoms.filter(({ runbook, service, id }) => !seen.has(`${runbook}/${service}/${id}`))
}
