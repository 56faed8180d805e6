/** Alertmanager's webhook message (version 4; Grafana's is the same as version 1) as the desk hears it. Unknown fields are welcome. */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { AlertSeen } from '../../../domain/alert/group.ts'
import { isNoTrouble, isPlaced, placeOf } from '../../../domain/alert/labels.ts'
import type { AlertPlace } from '../../../domain/alert/place.ts'
import { alertsListed } from '../../../domain/desk/commands.ts'
import { expects } from '../../../domain/expected.ts'
import { textLimits } from '../../../domain/incident/commands.ts'
import { name } from '../../../domain/names.ts'
import { present } from '../../../domain/present.ts'
import { atLeast, cutTo, type Severity, severities, withoutControlCharacters } from '../../../domain/words.ts'
import type { AlertReader, HeardAlerts, HeardMessage } from '../../incidents/report-alerts.ts'

/** Go writes an empty one as null. */
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((given) => given ?? {})

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
  version: z.enum(['4', '1'], "expected Alertmanager's version 4, or Grafana's version 1"),
  groupKey: z.string().min(1),
  /** Grafana's: two organisations may have groups of one name. */
  orgId: z.number().optional(),
  receiver: z.string().default(''),
  truncatedAlerts: z.number().int().min(0).default(0),
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.string().default(''),
  alerts: z.array(alert).min(1),
})
export type AlertmanagerMessage = z.infer<typeof alertmanagerMessage>
type Alert = AlertmanagerMessage['alerts'][number]

type DoorDefaults = z.infer<typeof defaults>

const alertsDescribed = 5
/** This many places of one message are each a problem of their own; the rest is one more. */
const placesApart = 32

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
}

/** Clocks of senders may differ by so much; a moment that is later than this is not believed. */
const aheadAtMostMs = 300_000

/** How bad a word says it is, whatever its case; undefined for other words. */
export function severityNamed(word: string): Severity | undefined {
  const known = word.toLowerCase()
  return Object.hasOwn(severityWords, known) ? severityWords[known] : undefined
}

/** What the address that a receiver posts to says for alerts whose labels do not: what people type there is taken in any case, as labels are. */
const lowered = z.string().trim().toLowerCase()
const defaults = z.strictObject({
  runbook: lowered.pipe(name).optional(),
  service: lowered.max(253).optional(),
  symptom: lowered.pipe(name).optional(),
  severity: z
    .string()
    .transform((word, context) => {
      const known = severityNamed(word)
      if (known !== undefined) return known
      context.addIssue({
        code: 'custom',
        message: expects('a severity such as CRITICAL, or warning', 'CRITICAL や warning のような緊急度'),
      })
      return z.NEVER
    })
    .optional(),
})

/** The door of Alertmanager, and of Grafana, which speaks alike. */
export const alertmanager: AlertReader = {
  path: '/doors/alertmanager',
  body: alertmanagerMessage,
  querystring: defaults,
  hear: (message, query, sender) =>
    hearAlertmanager(message as AlertmanagerMessage, query as DoorDefaults, sender),
}

/** `sender` is the machine that the token names, where one does. */
export function hearAlertmanager(
  message: AlertmanagerMessage,
  defaults: DoorDefaults,
  sender = '',
): HeardMessage {
  const troubles = message.alerts.filter((a) => !isNoTrouble(a.labels))
  const ignored = message.alerts.filter((a) => isNoTrouble(a.labels)).map((a) => a.labels.alertname ?? 'none')
  const heard = apart(troubles, defaults).map((part) => hearPart(message, part, defaults, sender))
  const all: HeardMessage = {
    heard: heard.toSorted((a, b) => worseFirst(a.trouble.severity, b.trouble.severity)),
    ignored: [...new Set(ignored)].slice(0, placesApart),
  }
  // A copy, because a text cut out of another keeps all of it in memory, and a message may wait long.
  return JSON.parse(JSON.stringify(all))
}

/** What alerts are of: by our own label or the door's address, else by what their labels say. */
type Of = { readonly service?: string; readonly place?: AlertPlace }
type Part = { readonly of: Of; readonly alerts: readonly Alert[] }

/** The alerts of a message by place: what happens in one must not count for another. */
function apart(alerts: readonly Alert[], defaults: DoorDefaults): readonly Part[] {
  const parts = new Map<string, { of: Of; alerts: Alert[] }>()
  for (const one of alerts) {
    const of = pointed(one, defaults)
    const key = JSON.stringify(of)
    const known = parts.get(key)
    if (known !== undefined) known.alerts.push(one)
    else parts.set(key, { of, alerts: [one] })
  }
  const all = [...parts.values()]
  if (all.length <= placesApart) return all
  const rest = all.slice(placesApart).flatMap((part) => part.alerts)
  return [...all.slice(0, placesApart), { of: { service: 'several' }, alerts: rest }]
}

function pointed({ labels: own }: Alert, { service }: DoorDefaults): Of {
  const named = own.hikeshi_service || undefined
  if (named !== undefined) return { service: plainName(named) }
  const found = placeOf(own)
  // The address speaks for what says nothing; a namespace or cluster that is not the runbook's is not nothing.
  const isSilent = !isPlaced(found) && found.namespace === undefined && found.cluster === undefined
  return service !== undefined && isSilent ? { service: plainName(service) } : { place: found }
}

/** `shodo/backend` names the runbook too; the desk of that is asked for `backend`. */
function plainName(given: string): string {
  const [before = '', after, ...more] = given.trim().toLowerCase().split('/')
  const plain = after === undefined || more.length > 0 ? before : after
  return withoutControlCharacters(plain).slice(0, 253) || 'nothing'
}

function hearPart(
  message: AlertmanagerMessage,
  { of, alerts }: Part,
  defaults: DoorDefaults,
  sender: string,
): HeardAlerts {
  const firing = alerts.filter((a) => a.status === 'firing')
  const speaking = worstFirst(firing.length > 0 ? firing : alerts)
  const label = (...names: readonly string[]) => labelOf(speaking, names)
  const symptom = nameIn(label('hikeshi_symptom', 'symptom') ?? defaults.symptom)
  const system = systemIn(
    label('hikeshi_service') ?? (of.service === undefined ? undefined : defaults.service),
  )
  const runbook = nameIn(label('hikeshi_runbook') ?? system ?? defaults.runbook)
  const severity = speaking.map(severityOf).find((found) => found !== undefined)
  // Alertmanager's own hash of a group covers the receiver too: another receiver's messages have another life. Both can be guessed,
  // and no machine may end what another one has reported.
  const group = hash(JSON.stringify([sender, message.receiver, message.groupKey, message.orgId ?? null, of]))
  // Those that fire first: what is not listed must not be taken for ended.
  const listed = [...firing, ...alerts.filter((a) => a.status !== 'firing')].slice(0, alertsListed)
  return {
    group,
    ...present({ runbook }),
    trouble: {
      ...of,
      ...present({ symptom }),
      severity: severity ?? defaults.severity ?? 'HIGH',
      description: description(message, speaking, alerts.length),
    },
    alerts: listed.map((one) => seen(one, Date.now() + aheadAtMostMs)),
    hidden: message.truncatedAlerts + alerts.length - listed.length,
  }
}

/** The `shodo` of `shodo/backend`. */
function systemIn(named: string | undefined): string | undefined {
  const [before, after, ...more] = (named ?? '').split('/')
  return after === undefined || more.length > 0 ? undefined : before
}

function labelOf(speaking: readonly Alert[], names: readonly string[]): string | undefined {
  for (const wanted of names) {
    const found = speaking.find((a) => (a.labels[wanted] ?? '') !== '')?.labels[wanted]
    if (found !== undefined) return found
  }
  return undefined
}

function nameIn(label: string | undefined): string | undefined {
  const parsed = name.safeParse(label?.toLowerCase())
  return parsed.success ? parsed.data : undefined
}

function severityOf({ labels: own }: Alert): Severity | undefined {
  return severityNamed(own.hikeshi_severity ?? own.severity ?? '')
}

function worstFirst(alerts: readonly Alert[]): readonly Alert[] {
  return alerts.toSorted((a, b) => worseFirst(severityOf(a) ?? 'LOW', severityOf(b) ?? 'LOW'))
}

function worseFirst(a: Severity, b: Severity): number {
  return a === b ? 0 : atLeast(a, b) ? -1 : 1
}

function description(message: AlertmanagerMessage, speaking: readonly Alert[], count: number): string {
  const lines = speaking.slice(0, alertsDescribed).map((a) => {
    const { summary, description: long, message: short } = { ...message.commonAnnotations, ...a.annotations }
    const says = summary ?? long ?? short
    return `${a.labels.alertname ?? 'alert'}${says === undefined ? '' : `: ${says}`}`
  })
  const more = count + message.truncatedAlerts - Math.min(speaking.length, alertsDescribed)
  const text = [
    ...new Set(lines),
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
