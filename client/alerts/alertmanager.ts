/** Alertmanager's webhook message (version 4) as the desk hears it. Unknown fields are welcome, missing ones seldom needed. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { AlertSeen } from '../../domain/alert/group.ts'
import { type AlertedTrouble, alertsListed } from '../../domain/desk/commands.ts'
import { textLimits } from '../../domain/incident/commands.ts'
import { name } from '../../domain/runbook/runbook.ts'
import { atLeast, cutTo, type Severity, severities, withoutControlCharacters } from '../../domain/words.ts'

const labels = z.record(z.string(), z.string()).default({})

const alert = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels,
  annotations: labels,
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }).optional(),
  generatorURL: z.string().optional(),
  fingerprint: z.string().optional(),
})

export const alertmanagerMessage = z.looseObject({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  receiver: z.string().default(''),
  truncatedAlerts: z.number().int().min(0).default(0),
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.string().default(''),
  alerts: z.array(alert).min(1),
})
export type AlertmanagerMessage = z.infer<typeof alertmanagerMessage>
type Alert = AlertmanagerMessage['alerts'][number]

/** What the address that a receiver posts to says for alerts whose labels do not. */
export type DoorDefaults = {
  readonly runbook?: string | undefined
  readonly service?: string | undefined
  readonly symptom?: string | undefined
  readonly severity?: Severity | undefined
}

export type HeardAlerts = {
  readonly group: string
  /** The runbook that the alerts name. */
  readonly runbook?: string
  readonly trouble: AlertedTrouble
  readonly alerts: readonly AlertSeen[]
  readonly hidden: number
}

const alertsDescribed = 5

/** The words that rules of Prometheus use for how bad it is; our own come first. */
const severityWords: Readonly<Record<string, Severity>> = {
  ...Object.fromEntries(severities.map((severity) => [severity.toLowerCase(), severity])),
  emergency: 'CRITICAL',
  page: 'HIGH',
  error: 'HIGH',
  major: 'HIGH',
  warning: 'MEDIUM',
  minor: 'LOW',
  info: 'LOW',
  none: 'LOW',
}

/** Clocks of senders may differ by so much; a moment that is later than this is not believed. */
const aheadAtMostMs = 300_000

/** `sender` is the machine that the token names, where one does. */
export function hearAlertmanager(
  message: AlertmanagerMessage,
  defaults: DoorDefaults,
  sender = '',
): HeardAlerts {
  const firing = message.alerts.filter((a) => a.status === 'firing')
  const speaking = worstFirst(firing.length > 0 ? firing : message.alerts)
  const label = (...names: readonly string[]) => labelOf(message, speaking, names)
  const [system, plain] = place(label('hikeshi_service', 'service'), defaults.service)
  const service = nameIn(plain)
  const symptom = nameIn(label('hikeshi_symptom', 'symptom') ?? defaults.symptom)
  const runbook = nameIn(label('hikeshi_runbook') ?? system ?? defaults.runbook)
  const severity = speaking.map(severityOf).find((found) => found !== undefined)
  // Alertmanager's own hash of a group covers the receiver too: another receiver's messages have another life. Both can be guessed,
  // and no machine may end what another one has reported.
  const group = hash(JSON.stringify([sender, message.receiver, message.groupKey]))
  // Those that fire first: what is not listed must not be taken for ended.
  const listed = [...firing, ...message.alerts.filter((a) => a.status !== 'firing')].slice(0, alertsListed)
  // A copy, for a text that is cut out of another holds all of it in memory, and what was heard may wait long.
  return structuredClone({
    group,
    ...(runbook === undefined ? {} : { runbook }),
    trouble: {
      ...(service === undefined ? {} : { service }),
      ...(symptom === undefined ? {} : { symptom }),
      severity: severity ?? defaults.severity ?? 'HIGH',
      description: description(message, speaking, plain),
    },
    alerts: listed.map((one) => seen(one, Date.now() + aheadAtMostMs)),
    hidden: message.truncatedAlerts + message.alerts.length - listed.length,
  })
}

/** `shodo/backend` names the runbook too. */
function place(
  label: string | undefined,
  fallback: string | undefined,
): [string | undefined, string | undefined] {
  const named = label ?? fallback ?? ''
  const [before, after, ...more] = named.split('/')
  return after === undefined || more.length > 0 ? [undefined, named || undefined] : [before, after]
}

function labelOf(
  message: AlertmanagerMessage,
  speaking: readonly Alert[],
  names: readonly string[],
): string | undefined {
  for (const wanted of names) {
    const found =
      message.commonLabels[wanted] ?? speaking.find((a) => a.labels[wanted] !== undefined)?.labels[wanted]
    if (found !== undefined && found !== '') return found
  }
  return undefined
}

function nameIn(label: string | undefined): string | undefined {
  const parsed = name.safeParse(label?.toLowerCase())
  return parsed.success ? parsed.data : undefined
}

function severityOf({ labels: own }: Alert): Severity | undefined {
  const word = (own.hikeshi_severity ?? own.severity ?? '').toLowerCase()
  return Object.hasOwn(severityWords, word) ? severityWords[word] : undefined
}

function worstFirst(alerts: readonly Alert[]): readonly Alert[] {
  return alerts.toSorted((a, b) => {
    const [x, y] = [severityOf(a) ?? 'LOW', severityOf(b) ?? 'LOW']
    return x === y ? 0 : atLeast(x, y) ? -1 : 1
  })
}

function description(
  message: AlertmanagerMessage,
  speaking: readonly Alert[],
  service: string | undefined,
): string {
  const lines = speaking.slice(0, alertsDescribed).map((a) => {
    const { summary, description: long, message: short } = { ...message.commonAnnotations, ...a.annotations }
    const says = summary ?? long ?? short
    return `${a.labels.alertname ?? 'alert'}${says === undefined ? '' : `: ${says}`}`
  })
  const unnamed = service !== undefined && nameIn(service) === undefined ? [`service: ${service}`] : []
  const more = message.alerts.length + message.truncatedAlerts - Math.min(speaking.length, alertsDescribed)
  const text = [
    ...new Set(lines),
    ...unnamed,
    ...(more > 0 ? [`and ${more} more alert(s) of the group`] : []),
    ...(message.externalURL === '' ? [] : [message.externalURL]),
  ].join('\n')
  return cutTo(withoutControlCharacters(text), textLimits.description - 500)
}

/** Of one that fires, `endsAt` is when Alertmanager would give it up unheard: no end. */
function seen({ status, startsAt, endsAt, fingerprint, labels: own }: Alert, latestMs: number): AlertSeen {
  const id =
    fingerprint !== undefined && /^[0-9a-f]{1,32}$/.test(fingerprint) ? fingerprint : hash(labelText(own))
  // What starts or ends in the year 9999 would never end, or never begin again.
  const startsAtMs = Math.min(Math.max(0, Date.parse(startsAt)), latestMs)
  if (status === 'firing') return { id, startsAtMs }
  const saidMs = endsAt === undefined ? 0 : Date.parse(endsAt)
  // An end before its start would never end it.
  return { id, startsAtMs, endsAtMs: Math.max(startsAtMs, Math.min(saidMs, latestMs)) }
}

function labelText(own: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
