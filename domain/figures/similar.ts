/** Earlier incidents that are like one: of the same symptom, else of the same service. What healed them, how long it took, and when. */
import { iso } from '../iso.ts'
import { present } from '../present.ts'
import type { Severity, Text } from '../words.ts'
import { type Figures, healer } from './figures.ts'
import type { Counted } from './stats.ts'

/** Which one they are to be like. */
export type Like = {
  readonly incident: string
  readonly runbook: string
  readonly service: string
  readonly symptom?: string | undefined
  /** Epoch ms: the season is that of this moment. */
  readonly nowMs: number
}

export type Similar = {
  readonly incident: string
  readonly service: string
  readonly symptom?: string
  readonly severity: Severity
  readonly declaredAt: string
  readonly timezone: string
  /** Missing where no change of the runbook took effect. */
  readonly healedBy?: { readonly step: string; readonly title: Text }
  /** From its declaration to its resolution. */
  readonly tookMs: number
  /** It was about this day, so many years ago. */
  readonly yearsAgo?: number
}

export type Known = Counted & { readonly incident: string }

const most = 3
const dayMs = 86_400_000
const yearMs = 365.25 * dayMs
const sameDaysMs = 7 * dayMs

/** The newest, and one of this time of the year where there is one. `wall`: as of `statsOf`. */
export function similarTo(
  like: Like,
  known: readonly Known[],
  wall: (ms: number, zone: string) => number,
): readonly Similar[] {
  const earlier = known
    .filter((one) => isEarlier(one, like))
    .toSorted((a, b) => b.figures.declared.atMs - a.figures.declared.atMs)
    .flatMap((one) => told(one, like, wall))
  const alike = earlier.filter(({ symptom }) => like.symptom !== undefined && symptom === like.symptom)
  const [...chosen] = alike.length > 0 ? alike : earlier
  const seasonal = chosen.findIndex(({ yearsAgo }) => yearsAgo !== undefined)
  return seasonal < most
    ? chosen.slice(0, most)
    : [...chosen.slice(0, most - 1), ...chosen.slice(seasonal, seasonal + 1)]
}

/** Of the same service, with a lower number, and no false alarm. */
function isEarlier({ incident, figures }: Known, like: Like): boolean {
  const { runbook, service, over } = figures
  if (runbook !== like.runbook || service !== like.service || over?.how === 'cancelled') return false
  return numberOf(incident) < numberOf(like.incident)
}

function numberOf(incident: string): number {
  return Number(incident.slice(incident.lastIndexOf('-') + 1))
}

/** Of one that is not resolved nobody knows yet what helps. */
function told(
  { incident, figures, timezone }: Known,
  { nowMs }: Like,
  wall: (ms: number, zone: string) => number,
): readonly Similar[] {
  const { service, symptom, severity, declared, resolved } = figures
  if (resolved === undefined) return []
  const yearsAgo = yearsBetween(wall(declared.atMs, timezone), wall(nowMs, timezone))
  return [
    {
      incident,
      service,
      severity,
      declaredAt: iso(declared.atMs),
      timezone,
      tookMs: resolved.atMs - declared.atMs,
      ...present({ symptom, healedBy: healedBy(figures), yearsAgo }),
    },
  ]
}

function healedBy(figures: Figures): Similar['healedBy'] {
  const healed = healer(figures)
  return healed && { step: healed.step, title: healed.title }
}

/** Undefined unless both are of about the same day of their years. */
function yearsBetween(thenMs: number, nowMs: number): number | undefined {
  const years = Math.round((nowMs - thenMs) / yearMs)
  return years >= 1 && Math.abs(nowMs - thenMs - years * yearMs) <= sameDaysMs ? years : undefined
}
