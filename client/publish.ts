/** Putting a checked runbook onto its desk; the desk is started where none runs. */
import { readdir } from 'node:fs/promises'
import { WithStartWorkflowOperation, type Workflow } from '@temporalio/client'
import { TypedSearchAttributes } from '@temporalio/common'
import { checkRunbook } from '../domain/runbook/check.ts'
import { explainProblem } from '../domain/runbook/problem.ts'
import type { Runbook } from '../domain/runbook/runbook.ts'
import type { Actor, Receipt } from '../domain/words.ts'
import { ensureSearchAttributes } from '../wire/search-attributes.ts'
import {
  type CommandReceipt,
  type DeskInput,
  deskId,
  incidentsQueue,
  taskTimeout,
} from '../workflows/messages.ts'
import { attributeKeys, searchAttribute, visible } from './attributes.ts'
import type { Temporal } from './connect.ts'
import { deskView } from './desks.ts'
import { Refused, refused } from './refused.ts'
import { sendUpdate } from './updates.ts'

export type PublishOrder = {
  /** As `readRunbook` gives it; checked here once more, and again by the desk. */
  readonly book: unknown
  readonly by: Actor
  /** Lab mode of a desk that starts with this: unverified people may approve, and the timeline says so. */
  readonly lab?: boolean
  readonly archive?: string | undefined
  readonly id?: string | undefined
  /** Input of a desk that starts with this; tests force continue-as-new. */
  readonly continueAfterEvents?: number
}

export type Published = {
  readonly runbook: string
  readonly version: number
  readonly sha256: string
  readonly receipt: Receipt
  /** Whether others find the desk by its services already. It is published either way; Temporal's list of workflows follows. */
  readonly found: boolean
}

/** Publishes; the same content again changes nothing. Waits a moment for Temporal's list, and says whether the desk stands in it. */
export async function publishRunbook(temporal: Temporal, order: PublishOrder): Promise<Published> {
  const checked = checkRunbook(order.book)
  if ('problems' in checked) {
    const [first] = checked.problems
    const sentence = first === undefined ? '?' : explainProblem(first, 'en')
    throw refused('bad-runbook', { count: checked.problems.length, first: sentence })
  }
  const { book } = checked
  // The desk is found by them. Who may not ask for them may publish all the same, where they are there.
  const missing = await ensureSearchAttributes(temporal.connection, temporal.namespace).catch(() => undefined)
  if (missing !== undefined) throw new Refused(missing)
  const input: DeskInput = {
    desk: book.runbook,
    lab: order.lab ?? false,
    lastNumber: await highestNumber(temporal, book.runbook, order.archive),
    ...(order.continueAfterEvents === undefined ? {} : { continueAfterEvents: order.continueAfterEvents }),
  }
  const { receipt } = await sendUpdate<CommandReceipt>(temporal, {
    workflow: deskId(book.runbook),
    name: 'publish',
    input: { by: order.by, book },
    id: order.id ?? crypto.randomUUID(),
    start: () => startOf(book, input),
  })
  const { state } = await deskView(temporal, book.runbook)
  const found = await isFound(temporal, book)
  return {
    runbook: book.runbook,
    version: state.runbook?.version ?? 0,
    sha256: state.runbook?.sha256 ?? checked.sha256,
    receipt,
    found,
  }
}

function startOf(book: Runbook, input: DeskInput): WithStartWorkflowOperation<Workflow> {
  return new WithStartWorkflowOperation<Workflow>('desk', {
    workflowId: deskId(book.runbook),
    taskQueue: incidentsQueue,
    workflowTaskTimeout: taskTimeout,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `Desk of ${book.runbook}: ${book.title.en}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: attributeKeys.HikeshiRunbook, value: book.runbook },
      { key: attributeKeys.HikeshiServices, value: Object.keys(book.services) },
    ]),
  })
}

/** The highest number that this system ever gave out, by visibility and archive: a new desk goes on after it. */
async function highestNumber(temporal: Temporal, desk: string, archive: string | undefined): Promise<number> {
  const running = await visible(
    temporal,
    `WorkflowType = 'desk' AND ExecutionStatus = 'Running' AND WorkflowId = '${deskId(desk)}'`,
    1,
  )
  if (running.length > 0) return 0
  let highest = archive === undefined ? 0 : await highestArchived(archive, desk)
  // Visibility cannot sort on every store, so each round asks for something higher until there is nothing.
  for (;;) {
    const query = `WorkflowType = 'incident' AND HikeshiRunbook = '${desk}' AND HikeshiNumber > ${highest}`
    const found = (await visible(temporal, query, 200)).map((e) => searchAttribute(e, 'HikeshiNumber') ?? 0)
    const most = Math.max(highest, ...found)
    if (most === highest) return highest
    highest = most
  }
}

async function highestArchived(archive: string, desk: string): Promise<number> {
  const folders = await readdir(archive).catch((): string[] => [])
  const numbers = folders
    .filter((folder) => folder.startsWith(`${desk}-`))
    .map((folder) => folder.slice(desk.length + 1))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number)
  return Math.max(0, ...numbers)
}

/** Visibility follows within moments, and under load within seconds; it is waited for so long. */
const foundWithinMs = 3_000

async function isFound(temporal: Temporal, book: Runbook): Promise<boolean> {
  const services = Object.keys(book.services).map((service) => `HikeshiServices = '${service}'`)
  const query = [
    `WorkflowType = 'desk' AND ExecutionStatus = 'Running'`,
    `WorkflowId = '${deskId(book.runbook)}'`,
  ]
    .concat(services)
    .join(' AND ')
  const end = Date.now() + foundWithinMs
  for (;;) {
    if ((await visible(temporal, query, 1)).length > 0) return true
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
