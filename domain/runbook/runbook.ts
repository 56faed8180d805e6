/**
 * The runbook as data. One schema reads the file and the compiled snapshot alike: parsing a parsed runbook gives the same,
 * so the desk can check what it is handed with the very rules that `runbook check` shows to its author.
 */

import { z } from 'zod'
import { link, webAddress } from '../address.ts'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { kubernetesName, labelSelector, name } from '../names.ts'
import { smokeTest } from '../steps/http.ts'
import { proofs, risks, severities, text } from '../words.ts'
import type { Signature } from './signature.ts'

/** Below this a policy would call people without a pause. */
const shortestPauseMs = 5_000
const pause = duration.refine((ms) => ms >= shortestPauseMs, expects('5s or more', '5 秒以上'))
/** Nobody reads a step and consents to it in less. */
const shortestConsentMs = 60_000
const consent = duration.refine((ms) => ms >= shortestConsentMs, expects('1m or more', '1 分以上'))

const json: z.ZodType<Readonly<Record<string, unknown>>> = z.record(z.string(), z.unknown())

const stepOrOption = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,39}(\/[a-z0-9][a-z0-9-]{0,39})?$/,
    expects(
      'a step, or a step and an option such as way/add-pods',
      '手順名、または way/add-pods のような手順と選択肢',
    ),
  )

/** A step of the runbook: a step kind of the catalogue with its parameters. Risk comes only from the catalogue. */
export const runbookStep = z.strictObject({
  id: name,
  title: text,
  kind: z.string(),
  with: json.default({}),
  /** Finding codes that make hikeshi propose the step. Without it a changing step is offered only. */
  when: z.array(z.string()).optional(),
  /** Earlier steps of its symptom without which it does not start: `announce`, or `way/add-pods` for an option that was decided for. */
  after: z.array(stepOrOption).min(1).max(10).optional(),
})

/** `service` is the one that it repairs: in an emergency, what that depends on comes first. */
export const quickStep = runbookStep.omit({ after: true }).extend({ service: name.optional() })

/** A reading step by which the state of a service is seen; it belongs to the 5-second picture. */
const look = z.strictObject({ kind: z.string(), with: json.default({}) })

/** It has `health` or `look`; the check says so beside the other rules (check-steps.ts). */
const service = z.strictObject({
  title: text,
  deployment: kubernetesName.optional(),
  selector: labelSelector.optional(),
  /** StatefulSets whose pods are the service's; what is found of them is found of it. */
  statefulSets: z.array(kubernetesName).max(10).optional(),
  health: webAddress.optional(),
  /** Answers slower than this are a finding, and not healthy. */
  slowAfter: duration.refine((ms) => ms > 0, expects('1ms or more', '1 ミリ秒以上')).default(1_000),
  /** After a change of its Deployment these are asked besides `health`; the change is not verified where one fails. */
  smokeTest: smokeTest.optional(),
  /** Services without which it does not work. */
  dependsOn: z.array(name).max(20).optional(),
  /** For what has no address to ask, such as a database. */
  look: z.array(look).default([]),
})

const severityPolicy = z.strictObject({
  title: text,
  /** Risks that run at once; everything else needs people. */
  automatic: z.array(z.enum(risks).exclude(['destructive'])).default([]),
  /** 次回更新: how often people are told. */
  updateEvery: pause.default(1_800_000),
  /** Steps of the quick reference; with `recoverWithin` they start by themselves at the declaration. */
  quick: z.array(quickStep).default([]),
  recoverWithin: pause.optional(),
})

const level = z.strictObject({
  id: name,
  title: text,
  /** Time since the declaration; a level without it is called only for its reasons or by hand. */
  after: duration.optional(),
  /** Reasons that call the level at once. */
  atOnce: z.array(z.enum(['data-loss', 'breach'])).default([]),
  notify: z.array(name).min(1),
})

/** The name under which the affected users are counted; no step of a runbook has it. */
export const affectedStep = 'affected-users'

/** A page names every item that is open. */
export const longestChecklist = 50

const checklistItem = z.strictObject({
  id: name,
  title: text,
  url: link.optional(),
  /** Somebody is called when it has been open this long: since the declaration, or since the recovery. */
  remindAfter: pause.optional(),
})

/** `required` holds the close up. */
const firstItem = checklistItem.extend({
  proof: z.enum(proofs.firstResponse).optional(),
  required: z.boolean().default(false),
})
const lastItem = checklistItem.extend({
  proof: z.enum(proofs.afterwards).optional(),
  required: z.boolean().default(true),
})

export const runbookSchema = z.strictObject({
  runbook: name,
  title: text,
  timezone: z
    .string()
    .regex(
      /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/,
      expects('an IANA time zone such as Asia/Tokyo', 'Asia/Tokyo のような IANA タイムゾーン'),
    ),
  updated: z.iso.date(),
  nextReview: z.iso.date(),
  cluster: name,
  namespace: kubernetesName,
  services: z
    .record(name, service)
    .refine((all) => Object.keys(all).length > 0, expects('at least one service', '1 つ以上のサービス')),
  links: z.array(z.strictObject({ title: text, url: link })).default([]),
  severities: z.strictObject(
    Object.fromEntries(severities.map((s) => [s, severityPolicy])) as Record<
      (typeof severities)[number],
      typeof severityPolicy
    >,
  ),
  firstResponse: z.array(firstItem).max(longestChecklist).default([]),
  symptoms: z
    .array(
      z.strictObject({
        id: name,
        title: text,
        service: name,
        /** Finding codes that speak for this symptom; what a repair answers (`when`) speaks for it anyhow. */
        signs: z.array(z.string()).max(30).optional(),
        steps: z.array(runbookStep).min(1),
      }),
    )
    .default([]),
  /** What counts the users that an incident reached, once it is resolved. */
  affectedUsers: look.optional(),
  escalation: z.strictObject({
    until: z.enum(['acknowledged', 'mitigated', 'resolved']).default('resolved'),
    /** Whoever was called is called again after so long, until somebody acknowledges. */
    repeatEvery: pause.optional(),
    /** An acknowledgement holds for so long after the last thing that a person did; then the policy starts over. */
    acknowledgedFor: pause.optional(),
    levels: z.array(level).min(1),
  }),
  /** Whom a level calls, and over which channels of the worker, in order of preference. */
  people: z.record(name, z.strictObject({ title: text, channels: z.array(name).min(1) })),
  approvals: z
    .strictObject({
      reversible: z.number().int().min(1).max(5).default(1),
      disruptive: z.number().int().min(1).max(5).default(1),
      destructive: z.number().int().min(2).max(5).default(2),
      expireAfter: consent.default(1_800_000),
      /** A proposal that has waited so long for people calls somebody. */
      remindAfter: pause.default(300_000),
    })
    .prefault({}),
  /** The largest share of a workload's Ready pods that one step may touch at once, in percent. */
  blastRadius: z
    .strictObject({ readyPodsPercent: z.number().int().min(1).max(100).default(50) })
    .prefault({}),
  afterwards: z.array(lastItem).max(longestChecklist).default([]),
})

export type Runbook = z.infer<typeof runbookSchema>
export type RunbookStep = z.infer<typeof runbookStep>
export type QuickStep = z.infer<typeof quickStep>
export type Service = Runbook['services'][string]
export type Look = Service['look'][number]
export type EscalationLevel = Runbook['escalation']['levels'][number]

/** What a desk hands to an incident: the runbook as it was at the declaration, with its proof. */
export type PublishedRunbook = {
  readonly book: Runbook
  readonly version: number
  /** SHA-256 over the canonical JSON of `book`. */
  readonly sha256: string
  /** Of this book, and those of earlier versions under the same guarded words; a worker checks them (docs/signing.md). */
  readonly signatures?: readonly Signature[]
}

/** A compiled runbook above this many bytes of JSON is refused: it travels in every start and continue-as-new. */
export const runbookLimitBytes = 128 * 1024
