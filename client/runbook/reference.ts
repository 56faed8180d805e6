/** The reference of every word of a runbook, as Markdown: names, forms and defaults from the schema, meanings from here. docs/runbook.md holds it. */
import { z } from 'zod'
import { name } from '../../domain/names.ts'
import { runbookSchema } from '../../domain/runbook/runbook.ts'
import { catalogue, type KindName } from '../../domain/steps/catalogue.ts'
import { findingCodes } from '../../domain/steps/finding-codes.ts'

type Schema = {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
}

/** What each word is for. `*` stands for a name of the author's own. A test holds this list against the schema. */
const meanings: Readonly<Record<string, string>> = {
  runbook:
    'Name of the system. Its desk, its incidents (`shodo-42`) and the environment variables that it may read (`SHODO_…`) carry it.',
  title: 'What it is called on screens and in reports.',
  timezone: "The team's IANA zone: every surface writes times in it.",
  updated: 'When it was last changed.',
  nextReview: 'When it is due for review; `check` and `doctor` warn from then on.',
  cluster: 'Cluster whose workers carry out its steps (`HIKESHI_CLUSTER` of those workers).',
  namespace: 'Namespace in Kubernetes that the steps and the 5-second picture look at.',
  services: 'The parts of the system, by the names that people type and alerts carry.',
  'services.*.title': 'What the service is called.',
  'services.*.deployment':
    'Its Deployment: `$service.deployment` in steps; findings about its pods are findings about the service.',
  'services.*.selector': 'Labels of its pods: `$service.selector` in steps.',
  'services.*.statefulSets': 'StatefulSets whose pods are the service’s.',
  'services.*.health':
    'Address that answers 2xx when it is healthy: part of every picture, and checked after a repair; `$service.health` in steps. A service needs `health` or `look`.',
  'services.*.smokeTest':
    'Requests that have to be answered as they say after a change of its Deployment, such as a rollback; the step fails where one is not.',
  'services.*.smokeTest.url': 'What is asked, with GET.',
  'services.*.smokeTest.status': 'The status of the answer; any 2xx without it.',
  'services.*.smokeTest.contains': 'Stands in the first 2 KiB of the answer.',
  'services.*.slowAfter': 'An answer of `health` slower than this is a finding, and not healthy.',
  'services.*.dependsOn':
    'Services without which it does not work: they are in its picture, and recover first.',
  'services.*.look':
    'Reading steps that belong to its picture: they show the state of a service without a health address. One of `health` and `look` is needed.',
  'services.*.look.kind': 'A reading kind of the list below.',
  'services.*.look.with': 'Its parameters.',
  links: 'Other places to look.',
  'links.title': 'What the link is.',
  'links.url': 'Its address.',
  severities: 'What each of the four severities means for the team.',
  'severities.*.title': 'What the severity means, in a few words.',
  'severities.*.automatic':
    'Risks of steps that run at once; every other change waits for people. A destructive step always does.',
  'severities.*.updateEvery': 'How often people get a status update (次回更新); at least 5 s.',
  'severities.*.quick': 'Steps of the quick reference: offered to every incident of the severity.',
  'severities.*.quick.id':
    'What people type: `hikeshi run shodo-42 ID`. One name means one step in all quick references of the runbook.',
  'severities.*.quick.title': 'What it does.',
  'severities.*.quick.kind': 'A kind of the list below.',
  'severities.*.quick.with':
    'Its parameters. `$service.deployment`, `$service.selector` and `$service.health` are those of the incident’s service.',
  'severities.*.quick.when':
    'Findings for which a changing step proposes itself; without it the step is only offered.',
  'severities.*.quick.service':
    'The service that it repairs: in an emergency, what that service depends on is repaired first.',
  'severities.*.recoverWithin':
    'The quick steps that change something start by themselves at the declaration; every service must be healthy within this time; at least 5 s.',
  firstResponse: 'Checklist for the start: `hikeshi check ID ITEM`.',
  'firstResponse.id': 'What people type.',
  'firstResponse.title': 'What is to be done.',
  'firstResponse.url': 'Where.',
  'firstResponse.remindAfter': 'Somebody is called when it is still open this long after the declaration.',
  'firstResponse.proof':
    'Ticks itself when the incident is declared, acknowledged, looked at (its picture), or has called somebody.',
  'firstResponse.required': '`close` is refused while it is open.',
  symptoms: 'What may be wrong with a service, and what is done then.',
  'symptoms.id': 'What people type and alerts carry; unique within a service.',
  'symptoms.title': 'What is seen.',
  'symptoms.service': 'Whose symptom it is.',
  'symptoms.signs': 'Findings that point to it, besides those that its repairs answer (`when`).',
  'symptoms.steps':
    'Readings run at once and in parallel; people are asked for theirs; changes are proposed or offered.',
  'symptoms.steps.id': 'What people type.',
  'symptoms.steps.title': 'What it does.',
  'symptoms.steps.kind': 'A kind of the list below.',
  'symptoms.steps.with': 'Its parameters, with the same `$service.…`.',
  'symptoms.steps.when':
    'Findings for which a change proposes itself or people are asked; without it a change is only offered, and people are asked at once.',
  'symptoms.steps.after':
    'Earlier steps, or options decided for (`way/add-pods`), without which it does not start; then it starts by itself.',
  affectedUsers: 'What counts the affected users, once an incident is resolved.',
  'affectedUsers.kind': '`postgres.count`, `prometheus.count` or `kubernetes.log-count`.',
  'affectedUsers.with': 'Its parameters; `since` and `until` are the declaration and the recovery.',
  escalation: 'Who is called when nobody has done what `until` says.',
  'escalation.until': 'What stops the timed calls.',
  'escalation.repeatEvery':
    'How often the same people are called again until somebody acknowledges; at least 5 s.',
  'escalation.acknowledgedFor':
    'An acknowledgement lapses when nobody does anything for this long; the policy then starts over.',
  'escalation.levels': 'In the order in which they fall due.',
  'escalation.levels.id': 'What people type: `hikeshi escalate ID LEVEL`.',
  'escalation.levels.title': 'Who that is.',
  'escalation.levels.after':
    'Time since the declaration. Without it the level is only called for its reasons or by hand.',
  'escalation.levels.atOnce': 'Reasons for which it is called at once.',
  'escalation.levels.notify': 'People, by their names below.',
  people: 'The people that levels call.',
  'people.*.title': 'Their name.',
  'people.*.channels':
    'Channels of the worker’s file (`HIKESHI_CHANNELS`), in order of preference: when one fails, the next is tried.',
  approvals: 'How many people other than the requester must consent to a change.',
  'approvals.reversible': 'For what can be undone, where `automatic` does not allow it at once.',
  'approvals.disruptive': 'For what interrupts something for a moment.',
  'approvals.destructive': 'For what cannot be taken back.',
  'approvals.expireAfter': 'A proposal that is not approved by then ends; at least 1 min.',
  'approvals.remindAfter': 'Somebody is called when a proposal has waited this long.',
  blastRadius: 'What one step may take down at once without people.',
  'blastRadius.readyPodsPercent':
    'A step that takes down a larger share of a workload’s Ready pods counts as at least disruptive.',
  afterwards:
    'Checklist for the end: `close` asks for it, and `close --later` leaves it to be ticked for 30 days.',
  'afterwards.id': 'What people type.',
  'afterwards.title': 'What is to be done.',
  'afterwards.url': 'Where.',
  'afterwards.remindAfter': 'Somebody is called when it is still open this long after the recovery.',
  'afterwards.proof':
    'Ticks itself while it is resolved, healthy in a picture since (`recovered`), all its alerts clear, or the affected users counted.',
  'afterwards.required': '`close` is refused while it is open, unless the commander waives it.',
}

type Word = { readonly path: string; readonly schema: Schema; readonly isNeeded: boolean }

/** With the defaults of what is transformed (durations) too, which JSON Schema leaves out, and with what texts of a unit mean. */
function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema: written }) => {
      if (zodSchema instanceof z.ZodDefault) written.default ??= zodSchema.def.defaultValue as never
      const unit = written.anyOf && unitOf(zodSchema)
      if (unit !== undefined) written.format = unit
    },
  }) as Schema
}

/** Told by what it takes: `30s` is no amount of memory, and `1gb` no duration. Some durations have bounds, so several are tried. */
function unitOf(schema: z.core.$ZodType): 'duration' | 'bytes' | undefined {
  if (['1s', '30s', '1h'].some((text) => z.safeParse(schema, text).success)) return 'duration'
  return z.safeParse(schema, '1gb').success ? 'bytes' : undefined
}

/** Every word of the schema, in its order. */
export function wordsOfRunbook(): readonly Word[] {
  return wordsIn(jsonSchema(runbookSchema), '')
}

export function meaningOf(path: string): string | undefined {
  return Object.hasOwn(meanings, path) ? meanings[path] : undefined
}

export const describedWords: readonly string[] = Object.keys(meanings)

/** A text in both languages is one word. */
function isText({ properties }: Schema): boolean {
  return properties !== undefined && Object.keys(properties).join() === 'ja,en'
}

function wordsIn(schema: Schema, path: string): readonly Word[] {
  if (schema.items !== undefined) return wordsIn(schema.items, path)
  if (schema.properties === undefined || isText(schema)) {
    const named = schema.additionalProperties
    return typeof named === 'object' ? wordsIn(named, `${path}.*`) : []
  }
  const own = Object.entries(schema.properties)
  // The four severities are alike.
  const alike = path === 'severities' ? own.slice(0, 1).map(([, first]) => ['*', first] as const) : own
  return alike.flatMap(([key, member]) => {
    const here = path === '' ? key : `${path}.${key}`
    const inner = wordsIn(member, here)
    if (key === '*') return inner
    return [{ path: here, schema: member, isNeeded: schema.required?.includes(key) === true }, ...inner]
  })
}

function formOf(schema: Schema): string {
  if (isText(schema)) return '`{ ja, en }`'
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.format === 'duration') return 'duration (`30s`, `1h30m`)'
  if (schema.format === 'bytes') return 'bytes (`512mb`, `2gb`)'
  if (schema.anyOf !== undefined) return '—'
  if (schema.items !== undefined) return `list of ${formOf(schema.items)}`
  if (schema.type === 'integer' || schema.type === 'number') return numberForm(schema)
  if (schema.type === 'boolean') return '`true`, `false`'
  if (schema.type === 'object') return 'group'
  if (schema.format === 'uri') return 'address'
  if (schema.format === 'date') return 'date'
  return schema.pattern === jsonSchema(name).pattern ? 'name' : 'text'
}

function numberForm({ minimum, maximum }: Schema): string {
  const shown = (limit: number | undefined) =>
    limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit
  const [from, to] = [shown(minimum), shown(maximum)]
  if (from === undefined && to === undefined) return 'number'
  return to === undefined ? `number from ${from}` : `number ${from ?? ''}–${to}`
}

function defaultOf({ schema, isNeeded }: Word): string {
  if (isNeeded) return 'needed'
  const { default: value } = schema
  if (value === undefined) return '—'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  if (value !== null && typeof value === 'object')
    return Object.keys({ ...schema.properties, ...value }).length === 0 ? 'none' : 'see below'
  return `\`${inItsUnit(value, schema)}\``
}

/** As a file would say it. */
function inItsUnit(value: unknown, { format }: Schema): string {
  return format === 'duration' && typeof value === 'number' ? asDuration(value) : String(value)
}

function asDuration(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

/** One table of all words, and one of all kinds of steps. */
export function referenceMarkdown(): string {
  const rows = wordsOfRunbook().map((word) => [
    `\`${word.path}\``,
    formOf(word.schema),
    defaultOf(word),
    meaningOf(word.path) ?? '?',
  ])
  const kinds = (Object.keys(catalogue) as KindName[]).map((kind) => [
    `\`${kind}\``,
    catalogue[kind].risk ?? 'people do it',
    catalogue[kind].title.en,
    paramsOf(kind),
  ])
  return [
    '### Words',
    '',
    ...markdownTable(['word', 'form', 'default', 'what it says'], rows),
    '',
    '### Kinds of steps',
    '',
    ...markdownTable(['kind', 'risk', 'what it does', 'parameters (needed ones are bold)'], kinds),
    '',
    '### Findings',
    '',
    `What \`when\` and \`signs\` may name: ${findingCodes.map((code) => `\`${code}\``).join(', ')}.`,
  ].join('\n')
}

function paramsOf(kind: KindName): string {
  const { properties = {}, required = [] } = jsonSchema(catalogue[kind].params)
  const names = Object.entries(properties).map(([name, schema]) => {
    const value = schema.default
    const shown = value === undefined || typeof value === 'object' ? '' : ` = ${inItsUnit(value, schema)}`
    return required.includes(name) ? `**\`${name}\`**` : `\`${name}${shown}\``
  })
  return names.join(', ') || '—'
}

/** Cells as wide as their column, as a formatter of Markdown leaves them. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const cellOf = (cell: string) => cell.replaceAll('|', '\\|')
  const all = [head, ...rows].map((row) => row.map(cellOf))
  return all.flatMap((row, i) => {
    const line = `| ${row.join(' | ')} |`
    return i === 0 ? [line, `| ${row.map(() => '---').join(' | ')} |`] : [line]
  })
}
