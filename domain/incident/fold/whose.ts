/**
 * Whose a finding is, and which step answers it. What belongs to no service of the runbook is nobody's: it is shown, and nothing is
 * done about it. A step answers a finding only where it changes the very thing that the finding speaks of.
 */

import { type AlertPlace, alertPlace, serviceOf } from '../../alert/place.ts'
import { connectionsNamed } from '../../runbook/connections-used.ts'
import { neededBy } from '../../runbook/dependencies.ts'
import { ownerOf } from '../../runbook/found-of.ts'
import type { RunbookStep } from '../../runbook/runbook.ts'
import { kindOf } from '../../steps/catalogue.ts'
import type { Finding, StepParams } from '../../steps/contract.ts'
import { weightOf } from '../../steps/finding-codes.ts'
import { objectName } from '../../steps/subject.ts'
import type { IncidentState } from './state.ts'

type Around = Pick<IncidentState, 'runbook' | 'service'> & { readonly findings: readonly Finding[] }

/** The service that a finding speaks of: by its workload, its address, or a connection that it is looked at through. */
export function withService({ runbook }: Pick<IncidentState, 'runbook'>, finding: Finding): Finding {
  const { book } = runbook
  const place = placeIn(finding)
  // As the door of alerts would lead it, so that both speak of one service.
  if (place !== undefined) return { ...finding, service: serviceOf(book, { place }) }
  if (finding.service !== undefined) return finding
  const service = ownerOf(book, finding.subject)
  return service === undefined ? finding : { ...finding, service }
}

/** What an alert of Prometheus says of its place. */
function placeIn({ code, data }: Finding): AlertPlace | undefined {
  if (code !== 'alert-firing') return undefined
  const parsed = alertPlace.safeParse(member(data, 'place'))
  return parsed.success ? parsed.data : undefined
}

/** What was found of the incident's own service. */
export function ownFindings<F extends Finding>({
  service,
  findings,
}: {
  readonly service: string
  readonly findings: readonly F[]
}): readonly F[] {
  return findings.filter((finding) => finding.service === service)
}

/** True when the step's target is what the finding speaks of. */
export function answers(
  state: Pick<IncidentState, 'runbook' | 'service'>,
  step: RunbookStep,
  finding: Finding,
): boolean {
  if (finding.service !== state.service || step.when?.includes(finding.code) !== true) return false
  const { namespace, services } = state.runbook.book
  const own = services[state.service]
  const { deployment, pod, selector } = step.with
  const workload = isWorkload(finding.subject) ? finding.subject : undefined
  if (typeof deployment === 'string')
    return workload === undefined
      ? deployment === own?.deployment
      : workload === objectName('deployment', namespace, deployment)
  if (typeof pod === 'string')
    return (
      workload === undefined || workload === objectName('statefulset', namespace, pod.replace(/-\d+$/, ''))
    )
  if (typeof selector === 'string') return own?.selector !== undefined && within(selector, own.selector)
  const [system] = finding.subject.split('/')
  const reached = connectionsNamed(step).filter((named) => named.system === system)
  return reached.length === 0 || reached.some((named) => `${system}/${named.name}` === finding.subject)
}

/**
 * The step's parameters with what the finding knows better, such as the revision that was good. Where the runbook says something else
 * that does not go together with it, the runbook's words stand.
 */
export function answering({ kind, with: said }: RunbookStep, { answers }: Finding): StepParams {
  const told = { ...said, ...answers?.[kind] }
  return kindOf(kind)?.params.safeParse(told).success ? told : said
}

/** What is down and the incident's service depends on: until it is up nothing is proposed for the service itself. */
export function downBelow({ runbook, service, findings }: Around): readonly Finding[] {
  const needed = neededBy(runbook.book, service)
  return findings.filter(
    (finding) =>
      finding.service !== undefined &&
      needed.has(finding.service) &&
      weightOf(finding.code).service === 'down',
  )
}

/** What happened longer ago says little about now, though it is still to be seen. */
const oldAfterMs = 10 * 60_000

/** Whether what was found happens now: a kill or an error of an hour ago, with all well since, does not. */
export function isRecent({ data }: Finding, nowMs: number): boolean {
  const lastAt = member(data, 'lastAt') ?? member(data, 'newestAt')
  const lastMs = typeof lastAt === 'string' ? Date.parse(lastAt) : Number.NaN
  return Number.isNaN(lastMs) || nowMs - lastMs <= oldAfterMs
}

export function speaksOfNow({ code }: Finding): boolean {
  return weightOf(code).of === 'now'
}

function isWorkload(subject: string): boolean {
  return /^(deployment|statefulset|daemonset|replicaset|job|cronjob|pod|pods)\//.test(subject)
}

/** True when a selector picks no more than another one does. */
function within(selector: string, outer: string): boolean {
  const pairs = selector.split(',')
  return outer.split(',').every((pair) => pairs.includes(pair))
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return (value as { readonly [key: string]: unknown })[key]
}
