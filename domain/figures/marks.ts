/**
 * What figures are made from: a few of an incident's events, and of each only what is counted. An archive keeps them beside each run, so
 * that ten thousand incidents are counted without reading ten thousand timelines.
 */
import { z } from 'zod'
import { isAtWork } from '../incident/fold/acting.ts'
import type { EventData, IncidentEvent, IncidentEventType } from '../incident/fold/events.ts'
import { present } from '../present.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import { pageReasons, phases, severities, text } from '../words.ts'

const place = { seq: z.number().int().positive(), atMs: z.number().int() }
const ofRun = { ...place, run: z.string() }
const bareMark = <T extends string>(type: T) => z.object({ ...place, type: z.literal(type) })
const runMark = <T extends string>(type: T) => z.object({ ...ofRun, type: z.literal(type) })

export const mark = z.discriminatedUnion('type', [
  z.object({
    ...place,
    type: z.literal('declared'),
    runbook: z.string(),
    service: z.string(),
    symptom: z.string().optional(),
    severity: z.enum(severities),
    by: z.enum(['person', 'system', 'alert']),
  }),
  z.object({
    ...place,
    type: z.literal('reported'),
    service: z.string(),
    symptom: z.string().optional(),
    severity: z.enum(severities),
  }),
  z.object({ ...place, type: z.literal('severity-set'), severity: z.enum(severities) }),
  z.object({ ...place, type: z.literal('symptom-set'), symptom: z.string() }),
  z.object({ ...place, type: z.literal('phase-changed'), to: z.enum(phases) }),
  z.object({
    ...ofRun,
    type: z.literal('step-requested'),
    step: z.string(),
    kind: z.string(),
    title: text,
    isUndo: z.boolean(),
  }),
  z.object({ ...ofRun, type: z.literal('step-proposed'), approvals: z.number().int() }),
  /** `healthy`: its service was asked, and answered well. */
  z.object({ ...ofRun, type: z.literal('step-verified'), healthy: z.boolean() }),
  runMark('step-started'),
  runMark('step-failed'),
  runMark('step-rejected'),
  runMark('step-expired'),
  runMark('step-withdrawn'),
  runMark('step-going-on'),
  runMark('undone'),
  z.object({
    ...place,
    type: z.literal('page-requested'),
    key: z.string(),
    person: z.string(),
    reason: z.enum(pageReasons),
  }),
  z.object({
    ...place,
    type: z.literal('page-sent'),
    key: z.string(),
    sentAtMs: z.number().int(),
    lateMs: z.number(),
  }),
  bareMark('acknowledged'),
  bareMark('recovery-verified'),
  bareMark('resolved'),
  bareMark('reopened'),
  bareMark('closed'),
  bareMark('cancelled'),
])
export type Mark = z.infer<typeof mark>

type Counted<T extends IncidentEventType> = (data: EventData[T], event: IncidentEvent) => object

const bare = () => ({})
const runOf = ({ run }: { readonly run: string }) => ({ run })

/** What is counted of each type of event. */
const counted: { readonly [T in Mark['type']]: Counted<T> } = {
  declared: ({ runbook, service, symptom, severity }, { by }) => ({
    runbook: runbook.name,
    service,
    ...present({ symptom }),
    severity,
    by: by.kind,
  }),
  reported: ({ declaration: { service, symptom, severity } }) => ({
    service,
    ...present({ symptom }),
    severity,
  }),
  'severity-set': ({ severity }) => ({ severity }),
  'symptom-set': ({ symptom }) => ({ symptom }),
  'phase-changed': ({ to }) => ({ to }),
  'step-requested': ({ run, step, kind, title, origin }) => ({
    run,
    step,
    kind,
    title,
    isUndo: origin === 'undo',
  }),
  'step-proposed': ({ run, approvals }) => ({ run, approvals }),
  'step-verified': ({ run, health }) => ({ run, healthy: health !== undefined }),
  'step-started': runOf,
  'step-failed': runOf,
  'step-rejected': runOf,
  'step-expired': runOf,
  'step-withdrawn': runOf,
  'step-going-on': runOf,
  undone: runOf,
  'page-requested': ({ page: { key, person, reason } }) => ({ key, person, reason }),
  'page-sent': ({ key, sent, lateMs }) => ({ key, sentAtMs: Date.parse(sent), lateMs }),
  acknowledged: bare,
  'recovery-verified': bare,
  resolved: bare,
  reopened: bare,
  closed: bare,
  cancelled: bare,
}

/**
 * The marks among events; readings count for nothing, and neither do their failures. Whoever begins to work on an incident need not
 * acknowledge it in words as well: their first deed is marked so.
 */
export function marksOf(events: readonly IncidentEvent[]): readonly Mark[] {
  const first = events.find(isAtWork)
  return events.flatMap((event): readonly Mark[] => {
    const { seq, at, type, data } = event
    const atMs = Date.parse(at)
    const deed: readonly Mark[] =
      event === first && type !== 'acknowledged' ? [{ seq, atMs, type: 'acknowledged' }] : []
    if (!Object.hasOwn(counted, type) || isOfReading(event)) return deed
    const count = counted[type as Mark['type']] as Counted<never>
    return [...deed, { seq, atMs, type, ...count(data as never, event) } as Mark]
  })
}

function isOfReading({ type, data }: IncidentEvent): boolean {
  if (type === 'step-requested') {
    const kind = kindOf(data.kind)
    return kind !== undefined && !isChange(kind)
  }
  return type === 'step-failed' && data.stage === 'read'
}
