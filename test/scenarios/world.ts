/**
 * What every scenario stands on: the shared lab, one worker in this process, and a desk of its own for each scenario, so that no
 * scenario's incidents join another's. Everything is real; only the clock of a workflow may be fast-forwarded.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { ApplicationFailure, type Workflow } from '@temporalio/common'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { isPassing } from '../../client/temporal/errors.ts'
import { askedAgain } from '../../client/temporal/query.ts'
import type { Failure } from '../../domain/failures.ts'
import type { CommandInput, CommandType, Declaration } from '../../domain/incident/commands.ts'
import type { IncidentEvent, IncidentEventType } from '../../domain/incident/fold/events.ts'
import { present } from '../../domain/present.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Actor } from '../../domain/words.ts'
import type { KubernetesObject } from '../../lab/cluster/api.ts'
import type { Lab } from '../../lab/index.ts'
import {
  type CommandReceipt,
  type DeclareReceipt,
  deskId,
  type IncidentResult,
  type IncidentView,
  incidentsQueue,
  type TimelinePage,
  taskTimeout,
} from '../../wire/messages.ts'
import { type StartOptions, startWorker } from '../../workers/main.ts'
import { beforeTakeDown, sharedLab } from '../lab/shared.ts'

export const aoki: Actor = { kind: 'person', id: 'aoki', verified: false }
export const sato: Actor = { kind: 'person', id: 'sato', verified: false }
export const mori: Actor = { kind: 'person', id: 'mori', verified: true }

export type World = {
  readonly lab: Lab
  readonly client: Client
  /** The pages that the `log` channel wrote, oldest first. */
  readonly pages: () => Promise<readonly LoggedPage[]>
  readonly env: NodeJS.ProcessEnv
}

export type LoggedPage = {
  readonly key: string
  readonly incident: string
  readonly level: string
  readonly reason: string
}

let shared: Promise<OpenWorld> | undefined

/** The shared world with its worker; brought up by whoever asks first, closed before the lab goes down. */
export function world(): Promise<World> {
  shared ??= sharedLab()
    .then((lab) => openWorld(lab))
    .then((opened) => {
      beforeTakeDown(opened.close)
      return opened
    })
  return shared
}

export type OpenWorld = World & { readonly close: () => Promise<void> }

/**
 * A worker and a client on a lab, for tests that want one of their own; `workflowsEntry` brings other workflows. Logs are followed where a test
 * is about them: no time is skipped in a workflow that has an activity under way.
 */
export async function openWorld(
  lab: Lab,
  { workflowsEntry, headLog }: Pick<StartOptions, 'workflowsEntry' | 'headLog'> = {},
): Promise<OpenWorld> {
  const env = { HIKESHI_FOLLOW_LOGS: '0', ...process.env, ...lab.env }
  const worker = await startWorker({ env, ...present({ workflowsEntry, headLog }) })
  const connection = await Connection.connect({ address: lab.temporal.address })
  const client = new Client({ connection, namespace: lab.temporal.namespace })
  const close = async () => {
    worker.stop()
    await worker.stopped
    await connection.close()
  }
  return { lab, client, env, pages: () => loggedPages(join(lab.dir, 'pages.jsonl')), close }
}

export async function loggedPages(file: string): Promise<readonly LoggedPage[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoggedPage)
}

export type Desk = {
  readonly name: string
  readonly declare: (
    declaration: Partial<Declaration> & { by?: Actor; key?: string; fresh?: boolean },
  ) => Promise<DeclareReceipt>
  readonly publish: (book: unknown, by?: Actor) => Promise<CommandReceipt>
  readonly book: Runbook
}

let desks = 0

/** A desk of its own with shodo's runbook; `change` makes it another one. */
export async function openDesk(
  { client, env }: Pick<World, 'client' | 'env'>,
  options: { change?: (book: Runbook) => Runbook; lab?: boolean; continueAfterEvents?: number } = {},
): Promise<Desk> {
  const { change = (book) => book, lab = true, continueAfterEvents } = options
  desks += 1
  const name = `s${process.pid}-${desks}`
  const source = await shodo(env)
  const book = change({ ...source, runbook: name })
  const input = {
    desk: name,
    secret: crypto.randomUUID(),
    lab,
    lastNumber: 0,
    ...present({ continueAfterEvents }),
  }
  const once = (published: unknown, by: Actor): Promise<CommandReceipt> =>
    client.workflow.executeUpdateWithStart<Workflow, CommandReceipt, [unknown]>('publish', {
      args: [{ v: 1, by, book: published }],
      startWorkflowOperation: new WithStartWorkflowOperation('desk', {
        workflowId: deskId(name),
        taskQueue: incidentsQueue,
        workflowTaskTimeout: taskTimeout,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    })
  const publish = async (published: unknown, by: Actor = aoki): Promise<CommandReceipt> => {
    for (const end = performance.now() + 10_000; ; ) {
      try {
        return await once(published, by)
      } catch (error) {
        // Its first task may have run out of time on a machine with much to do.
        if (!isPassing(error) || performance.now() > end) throw error
      }
    }
  }
  await publish(book)
  const handle = client.workflow.getHandle(deskId(name))
  return {
    name,
    book,
    publish,
    declare: async ({ by = aoki, key, fresh, ...declaration }) => {
      const receipt = await handle.executeUpdate<DeclareReceipt, [unknown]>('declare', {
        args: [
          {
            v: 1,
            by,
            ...present({ key, fresh }),
            declaration: {
              service: 'backend',
              severity: 'HIGH',
              description: '注文APIが500を返す',
              ...declaration,
            },
          },
        ],
      })
      await begun(client, receipt.incident)
      return receipt
    },
  }
}

/** The desk answers when it has the number; the incident begins a moment later, if a worker lives. */
async function begun(client: Client, incident: string): Promise<void> {
  for (const end = Date.now() + 3_000; Date.now() < end; ) {
    try {
      await client.workflow.getHandle(incident).describe()
      return
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function shodo(env: NodeJS.ProcessEnv): Promise<Runbook> {
  const read = await readRunbook('runbooks/shodo.yaml', env)
  if (!('book' in read)) throw new Error(`runbooks/shodo.yaml: ${JSON.stringify(read)}`)
  return read.book
}

/** Sends a command as an update. */
/** Waits for an incident that its desk has announced and not started yet, as every door does. */
export async function command<T extends CommandType>(
  client: Client,
  incident: string,
  type: T,
  by: Actor,
  fields: Omit<CommandInput<T>, 'v' | 'by'>,
): Promise<CommandReceipt> {
  const args: [unknown] = [{ v: 1, by, ...fields }]
  for (const end = performance.now() + 10_000; ; ) {
    try {
      return await client.workflow
        .getHandle(incident)
        .executeUpdate<CommandReceipt, [unknown]>(type, { args })
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** The failure with which a command is refused; throws when it is taken. */
export async function refusal(sending: Promise<unknown>): Promise<Failure> {
  try {
    await sending
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      return error.cause.details?.[0] as Failure
    }
    throw error
  }
  throw new Error('the command was taken')
}

/** The newest events of an incident may wait for their task: a worker with thousands of alerts takes them one after the other. */
const taskWithinMs = 30_000

export async function view(client: Client, incident: string): Promise<IncidentView> {
  return askedAgain(() => client.workflow.getHandle(incident).query<IncidentView>('state'), taskWithinMs)
}

/** Every event of every run, oldest first. */
export async function timeline(client: Client, incident: string): Promise<readonly IncidentEvent[]> {
  const { earlierRuns } = await view(client, incident)
  const events: IncidentEvent[] = []
  for (const runId of [...earlierRuns.map((run) => run.runId), undefined]) {
    const handle = client.workflow.getHandle(incident, runId)
    for (let from: number | undefined = 0; from !== undefined; ) {
      const next: number = from
      const page: TimelinePage = await askedAgain(
        () => handle.query<TimelinePage, [number]>('timeline', next),
        taskWithinMs,
      )
      events.push(...page.events)
      from = page.nextSeq
    }
  }
  return events
}

export function ofType<T extends IncidentEventType>(
  events: readonly IncidentEvent[],
  type: T,
): IncidentEvent<T>[] {
  return events.filter(
    (event): event is IncidentEvent & IncidentEvent<T> => event.type === type,
  ) as IncidentEvent<T>[]
}

/** Waits for the incident to be as wanted; says what it was instead when it takes longer than `withinMs`. */
export async function until(
  client: Client,
  incident: string,
  what: string,
  wanted: (view: IncidentView) => boolean,
  withinMs = 60_000,
): Promise<IncidentView> {
  const end = Date.now() + withinMs
  for (;;) {
    const seen = await view(client, incident).catch((error: unknown) => {
      if (Date.now() > end) throw error
      return undefined
    })
    if (seen !== undefined && wanted(seen)) return seen
    if (Date.now() > end) {
      const { phase, steps, recovery } = seen?.state ?? {}
      const now = Object.values(steps ?? {}).map((s) => `${s.id} ${s.status} ${s.failure?.name ?? ''}`)
      throw new Error(
        `${incident} did not become: ${what}. It is ${phase}; ${now.join(', ')}; recovery ${recovery?.status}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export const proposed = (step: string) => (seen: IncidentView) =>
  seen.state.steps[step]?.status === 'proposed'
export const verified = (step: string) => (seen: IncidentView) =>
  seen.state.steps[step]?.status === 'verified'

/** Approves what is proposed, as it is shown now. */
export async function approve(
  client: Client,
  incident: string,
  step: string,
  by: Actor,
): Promise<CommandReceipt> {
  const { state } = await until(client, incident, `${step} proposed`, proposed(step))
  return command(client, incident, 'approve', by, { step, hash: state.steps[step]?.hash ?? '' })
}

/** Resolves and closes, and waits for the workflow's end. */
export async function finish(client: Client, incident: string, by: Actor = aoki): Promise<IncidentResult> {
  await command(client, incident, 'resolve', by, {})
  await command(client, incident, 'close', by, { waive: 'the test is over' })
  return client.workflow.getHandle(incident).result() as Promise<IncidentResult>
}

let forwards = 0

/** Lets a workflow's own time pass, as fast as its activities allow; other workflows and the wall clock stay. */
export async function fastForward(
  { client, lab }: World,
  workflowId: string,
  seconds: number,
): Promise<void> {
  const { namespace } = lab.temporal
  forwards += 1
  const fastForwardId = `forward-${forwards}`
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: {
      timeSkippingConfig: { enabled: true, fastForwardConfig: { id: fastForwardId, duration: { seconds } } },
    },
    updateMask: { paths: ['time_skipping_config'] },
  } as never)
  await client.workflowService.pollWorkflowExecutionTimeSkipping({
    namespace,
    workflowExecution: { workflowId },
    fastForwardId,
  } as never)
}

/** A folder that is gone after the test. */
export async function scratch<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'hikeshi-'))
  try {
    return await work(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Revision numbers of the backend's ReplicaSets: a rollback makes the highest one higher by one. */
export async function revisions(lab: Lab): Promise<number[]> {
  const path = '/apis/apps/v1/namespaces/shodo/replicasets?labelSelector=app%3Dshodo-backend'
  const { items } = await lab.cluster().get<{ items: KubernetesObject[] }>(path)
  return items.map((rs) => Number(rs.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0))
}
