/**
 * What people and machines may ask of an incident. Each command arrives as an update and, under the same name, as a signal,
 * so that the stock `temporal workflow signal` works when nothing else does.
 */

import { z } from 'zod'
import { unknownPlace } from '../alert/place.ts'
import { isTooDeep, mostNested } from '../depth.ts'
import { expected, expects } from '../expected.ts'
import { type Failure, failure } from '../failures.ts'
import { name } from '../names.ts'
import { personName } from '../person.ts'
import { problemText, showPath } from '../runbook/problem.ts'
import { schemaProblems } from '../runbook/schema-problems.ts'
import { jsonBytes } from '../timeline/canonical.ts'
import { actor, hasControlCharacters, impacts, severities, type Text } from '../words.ts'

/** Longest texts that are kept, and JSON in bytes; longer ones are refused with a sentence, never cut without a word. */
export const textLimits = {
  description: 10_000,
  note: 10_000,
  reason: 2_000,
  /** It goes out whole, to a phone. */
  message: 500,
  parameters: 4_000,
} as const

export const commandVersion = 1

const envelope = {
  v: z.literal(commandVersion),
  by: actor,
  /** The sender's id of this command: a repeat gets the first receipt and changes nothing. */
  id: z.string().min(1).max(200).optional(),
}

/** Text as people type it; control characters but tab and newline are refused, they would break terminals and reports. */
export const line = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .refine(
      (value) => !hasControlCharacters(value),
      expects('text without control characters', '制御文字や見えない文字を含まない文字列'),
    )

const step = z.string().regex(
  // A name of 40, and `-undo` for each way back and forth.
  /^[a-z0-9][a-z0-9-]{0,59}(\.\d{1,4})?$/,
  expects('the name of a step such as rollback or rollback.2', 'rollback や rollback.2 のような手順名'),
)

/** Of the runbook; of alerts also the place that it does not know (domain/alert/place.ts). */
export const service = z
  .string()
  .refine(
    (value) => name.safeParse(value).success || unknownPlace.test(value),
    expects('the name of a service', 'サービスの名前'),
  )

export const declaration = z.strictObject({
  service,
  severity: z.enum(severities),
  symptom: name.optional(),
  description: line(textLimits.description),
  impact: z.enum(impacts).optional(),
  dataLoss: z.boolean().default(false),
  breach: z.boolean().default(false),
})
export type Declaration = z.infer<typeof declaration>

export const commandSchemas = {
  acknowledge: z.strictObject({ ...envelope }),
  note: z.strictObject({ ...envelope, text: line(textLimits.note) }),
  'set-severity': z.strictObject({ ...envelope, severity: z.enum(severities) }),
  'set-impact': z.strictObject({ ...envelope, impact: z.enum(impacts) }),
  'set-eta': z.strictObject({ ...envelope, eta: z.iso.datetime() }),
  'set-commander': z.strictObject({ ...envelope, person: personName }),
  'set-symptom': z.strictObject({ ...envelope, symptom: name }),
  'set-risk': z.strictObject({
    ...envelope,
    dataLoss: z.boolean().optional(),
    breach: z.boolean().optional(),
  }),
  run: z.strictObject({
    ...envelope,
    step,
    with: z
      .record(z.string(), z.unknown())
      .refine(
        (given) => !isTooDeep(given, mostNested.params),
        expects('values nested at most 20 deep', '20 段以下の入れ子の値'),
      )
      // Every run keeps its parameters, and the incident carries them from run to run.
      .refine(
        (given) => jsonBytes(given) <= textLimits.parameters,
        expects('at most 4 KB of parameters', '4 KB 以下のパラメーター'),
      )
      .optional(),
  }),
  approve: z.strictObject({
    ...envelope,
    step,
    /** The hash that the approver saw, whole: of its first digits somebody could find another step. */
    hash: z
      .string()
      .regex(
        /^[0-9a-f]{64}$/,
        expects('the whole hash that "show" prints, 64 digits', '「show」が表示するハッシュ全体（64 桁）'),
      ),
    /** Ed25519 signature of the API over the person and the step's hash. */
    attestation: z.string().max(300).optional(),
  }),
  reject: z.strictObject({ ...envelope, step, reason: line(textLimits.reason) }),
  /** A step that people carry out is carried out. */
  done: z.strictObject({ ...envelope, step, saw: line(textLimits.reason).optional() }),
  decide: z.strictObject({ ...envelope, step, option: name, reason: line(textLimits.reason) }),
  /** What follows does not wait for it. */
  skip: z.strictObject({ ...envelope, step, reason: line(textLimits.reason) }),
  /** A step that came to nothing once more, as it was; of a decision: to decide anew. */
  retry: z.strictObject({ ...envelope, step }),
  undo: z.strictObject({ ...envelope, step }),
  /** Look again whether a change took effect that did not, or not yet, when it was looked at. */
  verify: z.strictObject({ ...envelope, step }),
  escalate: z.strictObject({ ...envelope, level: name.optional() }),
  /** A message to people: to a level of the policy, a person of the runbook, or `oncall`, which is whoever was called so far. */
  notify: z.strictObject({
    ...envelope,
    message: line(textLimits.message),
    to: name.optional(),
    /** How urgent the message is, where that is not the incident's severity. */
    severity: z.enum(severities).optional(),
  }),
  check: z.strictObject({ ...envelope, item: name }),
  situation: z.strictObject({ ...envelope }),
  resolve: z.strictObject({ ...envelope }),
  reopen: z.strictObject({ ...envelope, reason: line(textLimits.reason) }),
  /** Where things of the last checklist are left to do, `waive` says why they stay undone, and `later` that they are worked off after the end. */
  close: z.strictObject({
    ...envelope,
    waive: line(textLimits.reason).optional(),
    later: z.boolean().optional(),
  }),
  cancel: z.strictObject({ ...envelope, reason: line(textLimits.reason) }),
  freeze: z.strictObject({
    ...envelope,
    on: z.boolean(),
    /** Of the desk's deliveries: when it was said there, epoch ms. */
    version: z.number().int().min(0).optional(),
  }),
  /** A further declaration or alert about the same trouble, delivered by the desk. */
  report: z.strictObject({ ...envelope, declaration }),
  /** How one of its groups of alerts stands, delivered by the desk. */
  alerts: z.strictObject({
    ...envelope,
    group: z.string().regex(/^[0-9a-f]{32}$/, expects('32 hex digits', '16 進数 32 桁')),
    /** The desk counts its news; what was overtaken is dropped. */
    version: z.number().int().min(1),
    fired: z.number().int().min(0),
    firing: z.number().int().min(0),
    clear: z.boolean(),
    /** The group joins the incident with this: it is a report as well. */
    joins: z.literal(true).optional(),
    declaration,
  }),
} as const

/** Commands that come from the desk alone. */
export const deskOnly = ['report', 'alerts'] as const satisfies readonly (keyof typeof commandSchemas)[]

export type CommandType = keyof typeof commandSchemas
export const commandTypes = Object.keys(commandSchemas) as CommandType[]

/** A command as it is sent, without its type (the update's or signal's name). */
export type CommandInput<T extends CommandType> = z.input<(typeof commandSchemas)[T]>
export type Command<T extends CommandType = CommandType> = {
  [K in T]: { readonly type: K } & z.output<(typeof commandSchemas)[K]>
}[T]

/** Parses what came in; every defect becomes a refusal with the place and what was expected. */
export function parseCommand(type: string, input: unknown): Command | Failure {
  if (!Object.hasOwn(commandSchemas, type)) {
    return failure('unknown-command', { command: type.slice(0, 60) })
  }
  const version = typeof input === 'object' && input !== null && 'v' in input ? input.v : 'none'
  if (version !== commandVersion) {
    return failure('unknown-command-version', { command: type, version: String(version).slice(0, 20) })
  }
  if (isTooDeep(input))
    return failure('bad-input', { where: type, problem: expected('less nesting', 'より浅い入れ子') })
  const parsed = commandSchemas[type as CommandType].safeParse(input)
  if (!parsed.success) return inputFailure(type, commandSchemas[type as CommandType], input)
  return { type, ...parsed.data } as Command
}

/** The first thing that is wrong with an input, as a refusal; too long texts get their own sentence. */
export function inputFailure(what: string, schema: z.ZodType, input: unknown): Failure {
  const issue = schema.safeParse(input).error?.issues[0]
  if (issue?.code === 'too_big' && issue.origin === 'string') {
    const where = [what, ...issue.path].map(String).join('.')
    return failure('text-too-long', { where, length: longer, limit: Number(issue.maximum) })
  }
  const [problem] = schemaProblems(schema, input)
  const where = problem === undefined ? what : `${what}.${showPath(problem.path)}`.replace(/\.$/, '')
  return failure('bad-input', {
    where,
    problem: problem === undefined ? notUnderstood : problemText(problem),
  })
}

const longer: Text = { en: 'more', ja: 'それ以上の' }
const notUnderstood: Text = { en: 'it cannot be understood.', ja: '解釈できません。' }
