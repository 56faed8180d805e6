/**
 * What activities are called with, as it comes from Temporal: whoever may write there may call any of them with anything. So each call
 * is parsed whole before a hand moves.
 */

import { z } from 'zod'
import { expects } from '../domain/expected.ts'
import { inputFailure } from '../domain/incident/commands.ts'
import type { PartsCall } from '../domain/incident/fold/picture.ts'
import { incidentId, kubernetesName, name } from '../domain/names.ts'
import type { PlanCall, ReadCall, RunCall, VerifyCall } from '../domain/steps/contract.ts'
import { actor, type Json, risks, text } from '../domain/words.ts'
import type { RehearseCall } from '../wire/activities.ts'
import { refuse } from './refusal.ts'

const runName = /^[a-z0-9][a-z0-9-]{0,59}(\.\d{1,4})?$/
/** `look/shodo/backend/…`, which belongs to no incident. */
const lookId = z
  .string()
  .regex(
    /^look\/[\w./-]{1,200}$/,
    expects('the id of an incident or of a look', 'インシデントまたは診断の ID'),
  )
/** `drill/shodo/1f2e…`, or with the time at which a schedule started it. */
const drillId = z
  .string()
  .regex(/^drill\/[\w-]{1,40}\/[\w.:+-]{1,120}$/, expects('the id of a drill', '訓練の ID'))
/** `rehearse/shodo/1f2e…`, in the same way. */
export const rehearsalId = z
  .string()
  .regex(/^rehearse\/[\w-]{1,40}\/[\w.:+-]{1,120}$/, expects('the id of a rehearsal', 'リハーサルの ID'))
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, expects('64 hex digits', '16 進数 64 桁'))
export const head = z.object({ seq: z.number().int().min(0), hash: z.string().regex(/^[0-9a-f]{1,64}$/) })

const place = {
  cluster: name,
  namespace: kubernetesName,
  nowMs: z.number(),
  head,
  lab: z.literal(true).optional(),
}
const params = z.record(z.string(), z.unknown())
const step = z
  .object({ ...place, incident: incidentId, stepRun: z.string().max(120) })
  .refine(
    ({ incident, stepRun }) =>
      stepRun.startsWith(`${incident}/`) && runName.test(stepRun.slice(incident.length + 1)),
    {
      path: ['stepRun'],
      error: expects(
        'a run of the incident such as shodo-42/rollback',
        'shodo-42/rollback のような手順の実行',
      ),
    },
  )
/** Of an incident, or of a look. */
export const lookContext = z.object({
  ...place,
  incident: z.union([incidentId, lookId]),
  stepRun: z.string().max(300),
})

const json = z.unknown() as z.ZodType<Json>
const risk = z.enum(risks)
const share = z.number().int().min(0)
const changing = z.enum(risks).exclude(['read'])
const plan = z.object({
  target: z.string().min(1).max(1_000),
  says: text,
  nothingToDo: z.boolean(),
  change: json,
  before: json,
  pods: z.object({ ready: share, notReady: share, ofReady: share }),
  asks: z.object({ risk: changing, approvals: share }).optional(),
})
const terms = z.object({
  title: text,
  because: text.optional(),
  risk,
  approvals: share,
  requestedBy: actor,
  runbookSha256: sha256,
  expiresAt: z.iso.datetime(),
})
const approval = z.object({
  person: z.string().min(1).max(200),
  verified: z.boolean(),
  at: z.string().max(40),
  hash: sha256,
  attestation: z.string().max(300).optional(),
})
const done = z.object({ says: text, already: z.boolean(), after: json })

const stepCall = z.object({ context: step, params })
const run = stepCall.extend({ plan, hash: sha256, terms, approvals: z.array(approval).max(50) })
const part = z.object({
  id: z.string().min(1).max(200),
  kind: z.string().max(100),
  params,
  service: z.string().max(100).optional(),
})
const parts = z.object({
  context: lookContext,
  parts: z.array(part).max(500),
  withinMs: z.number().min(0),
  sharesMs: z.number().min(0),
  withoutTexts: z.literal(true).optional(),
})

/** A reading belongs to an incident, or to a look. */
export const readCall = parser('read', z.object({ context: lookContext, params })) as (
  input: unknown,
) => ReadCall
export const planCall = parser('plan', stepCall) as (input: unknown) => PlanCall
export const runCall = parser('run', run) as (input: unknown) => RunCall
export const verifyCall = parser('verify', run.extend({ done })) as (input: unknown) => VerifyCall
export const partsCall = parser('readParts', parts) as (input: unknown) => PartsCall

export const drillCall = parser(
  'drill',
  z.object({
    context: z
      .object({ ...place, incident: drillId, stepRun: z.string().max(220) })
      .refine(({ incident, stepRun }) => stepRun.startsWith(`${incident}/`), {
        path: ['stepRun'],
        error: expects('a part of that drill', 'その訓練の一部'),
      }),
    params,
  }),
) as (input: unknown) => ReadCall

export const rehearseCall = parser(
  'rehearse',
  z.object({
    context: z.object({ ...place, incident: rehearsalId, stepRun: z.string().max(300) }),
    kind: z.string().max(100),
    params,
  }),
) as (input: unknown) => RehearseCall

/** Refuses (`bad-input`) with the place of the first mistake. */
export function parser<T extends z.ZodType>(where: string, schema: T): (input: unknown) => z.infer<T> {
  return (input) => {
    const parsed = schema.safeParse(input)
    if (parsed.success) return parsed.data
    const { name, params } = inputFailure(where, schema, input)
    return refuse(name, params)
  }
}
