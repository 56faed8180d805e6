/** When a runbook's restores are drilled, and its steps rehearsed, by themselves: of each one Schedule of Temporal for a runbook. */
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client'
import type { Workflow } from '@temporalio/common'
import { expected } from '../../domain/expected.ts'
import { present } from '../../domain/present.ts'
import type { DrillTimes } from '../../domain/restore/drill.ts'
import { isZone } from '../../edge/local-time.ts'
import { refused } from '../../edge/refused.ts'
import { type DrillInput, incidentsQueue } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { reasonOf } from '../temporal/connect.ts'
import { refusalOf } from '../temporal/errors.ts'
import { type Practice, practiceId } from './practice.ts'

export type Cron = { readonly cron: string; readonly zone: string }

/** What was missed while Temporal was down is made up for within this time. */
const catchupWindow = '6h'

type Whole = Pick<
  ScheduleOptions<ScheduleOptionsStartWorkflowAction<Workflow>>,
  'spec' | 'policies' | 'action'
>

const scheduleId = (practice: Practice, runbook: string) => `${practice}/${runbook}`
const timesOption = { drill: '--cron', rehearse: '--every' } as const

/** Made, or changed; epoch ms of the next one, null where none follows. Refuses (`bad-input`) times that Temporal does not understand. */
export async function scheduleDrills(
  temporal: Temporal,
  runbook: string,
  { cron, zone }: Cron,
  practice: Practice = 'drill',
): Promise<number | null> {
  if (!isZone(zone))
    throw refused('bad-input', {
      where: '--zone',
      problem: expected('a time zone such as Asia/Tokyo', 'Asia/Tokyo のようなタイムゾーン'),
    })
  const { schedule } = temporal.client
  const id = scheduleId(practice, runbook)
  const whole = (times?: DrillTimes): Whole => ({
    spec: { cronExpressions: [cron], timezone: zone },
    policies: { overlap: 'SKIP', catchupWindow },
    action: {
      type: 'startWorkflow',
      workflowType: practice,
      workflowId: practiceId[practice](runbook, 'at'),
      taskQueue: incidentsQueue,
      args: [{ desk: runbook, ...present({ times }) } satisfies DrillInput],
    },
  })
  try {
    await schedule.create({ ...whole(), scheduleId: id }).catch(async (error: unknown) => {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error
      await schedule.getHandle(id).update(({ state }) => ({ ...whole(), state }))
    })
    // How far apart the times lie only Temporal works out.
    const times = (await drillsScheduled(temporal, runbook, practice))?.times
    if (times !== undefined) await schedule.getHandle(id).update(({ state }) => ({ ...whole(times), state }))
  } catch (error) {
    // What the SDK makes of a refused argument.
    if (error instanceof TypeError)
      throw refused('bad-input', { where: timesOption[practice], problem: reasonOf(error) }, { cause: error })
    throw refusalOf(error, temporal.address)
  }
  return (await drillsScheduled(temporal, runbook, practice))?.nextMs ?? null
}

/** True where there was one. */
export async function unscheduleDrills(
  temporal: Temporal,
  runbook: string,
  practice: Practice = 'drill',
): Promise<boolean> {
  return found(temporal, async () => {
    await temporal.client.schedule.getHandle(scheduleId(practice, runbook)).delete()
    return true
  }).then((done) => done === true)
}

export type Scheduled = {
  readonly nextMs: number | null
  /** Missing where no second time follows. */
  readonly times?: DrillTimes
}

/** Undefined where nothing is scheduled, or it is paused. */
export async function drillsScheduled(
  temporal: Temporal,
  runbook: string,
  practice: Practice = 'drill',
): Promise<Scheduled | undefined> {
  return found(temporal, async () => {
    const { state, info } = await temporal.client.schedule.getHandle(scheduleId(practice, runbook)).describe()
    if (state.paused) return undefined
    const next = info.nextActionTimes.map((time) => time.getTime())
    const gaps = next.slice(1).map((ms, i) => ms - (next[i] ?? ms))
    const sinceMs = info.createdAt.getTime()
    const times = gaps.length === 0 ? undefined : { everyMs: Math.max(...gaps), sinceMs }
    return { nextMs: next[0] ?? null, ...present({ times }) }
  })
}

const answersWithinMs = 5_000

async function found<T>({ connection, address }: Temporal, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await connection.withDeadline(Date.now() + answersWithinMs, ask)
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw refusalOf(error, address)
  }
}
