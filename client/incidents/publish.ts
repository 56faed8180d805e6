/** Putting a checked runbook onto its desk; the desk is started where none runs. */
import { randomBytes } from 'node:crypto'
import { WithStartWorkflowOperation, type Workflow } from '@temporalio/client'
import { TypedSearchAttributes } from '@temporalio/common'
import { z } from 'zod'
import type { DeskState } from '../../domain/desk/state.ts'
import { present } from '../../domain/present.ts'
import { signedOf } from '../../domain/runbook/guarded.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { isGenuine, type Signature, type SignerKey, standing } from '../../domain/runbook/signature.ts'
import { type Actor, isEnd, phases, type Receipt, severities } from '../../domain/words.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { attributeKeys } from '../../wire/attributes.ts'
import {
  type CommandReceipt,
  type DeskInput,
  deskId,
  incidentsQueue,
  lookId,
  taskTimeout,
} from '../../wire/messages.ts'
import { ensureSearchAttributes } from '../../wire/server/search-attributes.ts'
import { badRunbook, checkedBook } from '../runbook/checked.ts'
import { signRunbook } from '../runbook/signatures.ts'
import { zoneProblem } from '../runbook/zone-problem.ts'
import { openExecutions, searchAttribute, visible } from '../temporal/attributes.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone, refusalOf } from '../temporal/errors.ts'
import { sendUpdate } from '../temporal/updates.ts'
import { deskView } from './desks.ts'

/** As long as an update waits for a worker. */
const archiveAnswersWithinMs = 10_000
const temporalAnswersWithinMs = 5_000

export type PublishOrder = {
  /** As `readRunbook` gives it; checked here once more, and again by the desk. */
  readonly book: unknown
  readonly by: Actor
  /** Those that come with the file. */
  readonly signatures?: readonly Signature[]
  /** The keys that those have to fit; without they are taken as they come. */
  readonly signers?: (() => Promise<readonly SignerKey[]>) | undefined
  /** Signs for the verified person who publishes. */
  readonly sign?: ((text: string) => string) | undefined
  /** Lab mode of a desk that starts with this: unverified people may approve, and the timeline says so. */
  readonly lab?: boolean
  readonly id?: string | undefined
  /** Input of a desk that starts with this; tests force continue-as-new. */
  readonly continueAfterEvents?: number
}

export type Published = {
  readonly runbook: string
  /** Of the one in force, 0 where there is none. */
  readonly version: number
  /** Of what was published. */
  readonly sha256: string
  readonly signedBy: readonly string[]
  /** It is not in force yet: its guarded words take another person's signature. */
  readonly waits: boolean
  readonly receipt: Receipt
  /** Whether others find the desk by its services already. It is published either way; Temporal's list of workflows follows. */
  readonly found: boolean
}

/** Publishes; the same content again changes nothing. Waits a moment for Temporal's list, and says whether the desk stands in it. */
export async function publishRunbook(temporal: Temporal, order: PublishOrder): Promise<Published> {
  const { book, sha256 } = checkedBook(order.book)
  const zone = zoneProblem(book.timezone)
  if (zone !== undefined) throw badRunbook([zone])
  const given = await genuineIn(order, book)
  // The desk is found by them. Who may not ask for them may publish anyway, where they are there.
  const missing = await ensureSearchAttributes(temporal.connection, temporal.namespace).catch(() => undefined)
  if (missing !== undefined) throw new Refused(missing)
  const input: DeskInput = {
    desk: book.runbook,
    secret: randomBytes(32).toString('hex'),
    lab: order.lab ?? false,
    ...(await leftBy(temporal, book.runbook)),
    ...present({ continueAfterEvents: order.continueAfterEvents }),
  }
  const signatures = [...given, ...signatureOf(order, book)]
  const { receipt } = await sendUpdate<CommandReceipt>(temporal, {
    workflow: deskId(book.runbook),
    name: 'publish',
    input: { by: order.by, book, ...(signatures.length === 0 ? {} : { signatures }) },
    id: order.id ?? crypto.randomUUID(),
    start: () => startOf(book, input),
  })
  const { state } = await deskView(temporal, book.runbook)
  const found = await isFound(temporal, book)
  const waits = state.proposed?.sha256 === sha256
  const shown = waits ? state.proposed : state.runbook
  const signedBy = standing(signedOf(book), shown?.signatures ?? []).guarded
  return {
    runbook: book.runbook,
    version: state.runbook?.version ?? 0,
    sha256,
    signedBy,
    waits,
    receipt,
    found,
  }
}

/** Those that may count for this book. The desk cannot tell them from made-up ones, so here is the place to refuse those. */
async function genuineIn(
  { signatures = [], signers }: PublishOrder,
  book: Runbook,
): Promise<readonly Signature[]> {
  if (signers === undefined || signatures.length === 0) return signatures
  const { sha256, guarded, runbook } = signedOf(book)
  const counting = signatures.filter((each) => each.sha256 === sha256 || each.guarded === guarded)
  const keys = await signers()
  const unknown = counting.find((each) => !isGenuine(runbook, each, keys))
  if (unknown !== undefined)
    throw refused('signature-unknown', { person: unknown.by, runbook, keys: 'HIKESHI_PUBLISHER_KEYS' })
  return counting
}

function signatureOf({ by, sign }: PublishOrder, book: Runbook): readonly Signature[] {
  if (sign === undefined || !by.verified) return []
  return [signRunbook(book, { by: by.id, atMs: Date.now(), sign })]
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

/** What a desk before left to a new one; nothing where one runs. */
async function leftBy(temporal: Temporal, desk: string): Promise<Pick<DeskInput, 'lastNumber' | 'open'>> {
  if (await isRunning(temporal, deskId(desk))) return { lastNumber: 0 }
  const lastNumber = await highestNumber(temporal, desk)
  return { lastNumber, open: lastNumber === 0 ? {} : await stillOpen(temporal, desk) }
}

/** Asked of Temporal itself: visibility still shows for a moment what is gone, and the new desk would count from 1 again. */
async function isRunning({ client, connection, address }: Temporal, workflow: string): Promise<boolean> {
  try {
    const asking = () => client.workflow.getHandle(workflow).describe()
    const { status } = await connection.withDeadline(Date.now() + temporalAnswersWithinMs, asking)
    return status.name === 'RUNNING'
  } catch (error) {
    if (isGone(error)) return false
    throw refusalOf(error, address)
  }
}

/** In a storm there may be more; those that are not here are taken in when they next say something. */
const openAtMost = 500

async function stillOpen(temporal: Temporal, desk: string): Promise<DeskState['open']> {
  const query = `WorkflowType = 'incident' AND ${openExecutions} AND HikeshiRunbook = '${desk}'`
  const found = await visible(temporal, query, openAtMost)
  return Object.fromEntries(
    found.toReversed().flatMap((execution) => {
      const attributes = outline.safeParse({
        service: searchAttribute(execution, 'HikeshiService'),
        symptom: searchAttribute(execution, 'HikeshiSymptom'),
        severity: searchAttribute(execution, 'HikeshiSeverity'),
        phase: searchAttribute(execution, 'HikeshiPhase'),
      })
      // What is closed may still be worked off, and is open to nothing else.
      if (!attributes.success || isEnd(attributes.data.phase)) return []
      const { symptom, ...known } = attributes.data
      const openedAtMs = execution.startTime.getTime()
      const whole = { ...known, ...present({ symptom }), reports: 1, openedAtMs }
      return [[execution.workflowId, whole]]
    }),
  )
}

const outline = z.object({
  service: z.string(),
  symptom: z.string().optional(),
  severity: z.enum(severities),
  phase: z.enum(phases),
})

/** The highest number that this system ever gave out, by visibility and archive: a new desk goes on after it. */
async function highestNumber(temporal: Temporal, desk: string): Promise<number> {
  let highest = await highestArchived(temporal, desk)
  // Visibility cannot sort on every store, so each round asks for something higher until there is nothing.
  for (;;) {
    const query = `WorkflowType = 'incident' AND HikeshiRunbook = '${desk}' AND HikeshiNumber > ${highest}`
    const found = (await visible(temporal, query, 200)).map((e) => searchAttribute(e, 'HikeshiNumber') ?? 0)
    const most = Math.max(highest, ...found)
    if (most === highest) return highest
    highest = most
  }
}

/** A worker looks into its archive: that of whoever publishes, if there is one, is another. */
async function highestArchived({ client, connection, address }: Temporal, desk: string): Promise<number> {
  try {
    return await connection.withDeadline(Date.now() + archiveAnswersWithinMs, () =>
      client.workflow.execute<(desk: string) => Promise<number>>('highestArchived', {
        workflowId: lookId(`archive/${desk}`, crypto.randomUUID()),
        taskQueue: incidentsQueue,
        // Later than the deadline, which says better what is wrong.
        workflowExecutionTimeout: 2 * archiveAnswersWithinMs,
        args: [desk],
      }),
    )
  } catch (error) {
    // Without it a number could come twice; and nobody could publish now anyway.
    throw refusalOf(error, address)
  }
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
