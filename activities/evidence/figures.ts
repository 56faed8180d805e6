/**
 * The figures of an incident, written into a folder: curves of Prometheus over its time, and what PostgreSQL and Redis say of themselves now.
 * What is asked is the runbook's to say, and is read with the rights that its readings have.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CancelledFailure } from '@temporalio/common'
import type { Curve } from '../../domain/evidence/curve.ts'
import { curveKinds } from '../../domain/evidence/figures.ts'
import { countMasked, maskerOf } from '../../domain/evidence/mask.ts'
import { maskValue } from '../../domain/evidence/mask-value.ts'
import type { Part } from '../../domain/runbook/parts.ts'
import { catalogue, type KindName } from '../../domain/steps/catalogue.ts'
import type { StepParams } from '../../domain/steps/contract.ts'
import { said, type Text } from '../../domain/words.ts'
import { makeLastingFolder } from '../../edge/folder.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { carriedBy } from '../../wire/carried.ts'
import { parser } from '../calls.ts'
import type { Connections } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { postgresAt } from '../postgres/client.ts'
import { readSizes } from '../postgres/sizes.ts'
import { warns } from '../prometheus/client.ts'
import { readCurve } from '../prometheus/curve.ts'
import { pulse, withDeadline } from '../pulse.ts'
import { withRedis } from '../redis/client.ts'
import { parseInfo } from '../redis/info.ts'
import { reasonIn } from '../refusal.ts'
import { inTurns, type Read } from '../shared-readings.ts'
import type { Written } from './objects.ts'
import type { Reach } from './reach.ts'
import type { Window } from './tail.ts'

const mostAtOnce = 4
/** A reading has some seconds of its own; beyond this the figure is left out. */
const answersWithinMs = 20_000
/** Of one file: Prometheus' answers are bounded by 8 MiB already. */
const mostBytes = 16 * 1024 ** 2

export type Sources = {
  /** Looks by the hand of a reading step, once the runbook's words are believed. */
  readonly read: Read
  /** Refuses a reading whose words no runbook has. */
  readonly words: (kind: string, params: Part['params']) => Promise<void>
  readonly connections: Connections
}

/** A file for each part: `metrics/ID.json` of a curve, `databases/ID.json` of a server. Without a window there are no curves. */
export async function writeFigures(
  folder: string,
  parts: readonly Part[],
  window: Window | undefined,
  sources: Sources,
  reach: Reach,
): Promise<readonly Written[]> {
  const inTurn = inTurns(mostAtOnce)
  const wanted = parts.filter(({ kind }) => window !== undefined || !curveKinds.includes(kind))
  return Promise.all(wanted.map((part) => inTurn(() => writeFigure(folder, part, window, sources, reach))))
}

async function writeFigure(
  folder: string,
  part: Part,
  window: Window | undefined,
  sources: Sources,
  reach: Reach,
): Promise<Written> {
  const isCurve = curveKinds.includes(part.kind)
  const { id, service, kind } = part
  let figure: object & Pick<Curve, 'warnings'>
  try {
    figure = await withDeadline(answersWithinMs, id, () =>
      isCurve && window !== undefined ? curveOf(part, window, sources) : readingOf(part, sources, reach),
    )
  } catch (error) {
    return { bytes: 0, masked: 0, missing: whyNoFigure(part, error) }
  }
  const about = { id, service, kind, at: new Date().toISOString() }
  const masked = maskValue({ ...about, ...figure }, maskerOf(reach.rules))
  const text = `${JSON.stringify(masked, null, 1)}\n`
  const bytes = Buffer.byteLength(text)
  if (bytes > mostBytes) return { bytes: 0, masked: 0, missing: tooLarge(part, bytes) }
  const own = join(folder, isCurve ? 'metrics' : 'databases')
  await makeLastingFolder(own, 0o700)
  await writeFile(join(own, `${id}.json`), text, { mode: 0o600, flush: true })
  const [warning] = figure.warnings ?? []
  const written = { bytes, masked: countMasked(text) }
  return warning === undefined ? written : { ...written, missing: ofFigure(part, warns(warning)) }
}

async function curveOf(part: Part, window: Window, sources: Sources): Promise<object> {
  const params = filled(part)
  await sources.words(part.kind, params)
  return readCurve(sources.connections, params, window)
}

async function readingOf(part: Part, sources: Sources, { kubernetes, context }: Reach): Promise<object> {
  const reading = await sources.read(part.kind, part.params, context)
  return { ...reading, ...(await more(part, sources.connections, kubernetes, context)) }
}

/** What the same right shows besides, and no picture needs. */
async function more(
  part: Part,
  connections: Connections,
  kubernetes: Kubernetes,
  context: Reach['context'],
): Promise<object> {
  const { kind } = part
  const connection = String(filled(part).connection)
  if (kind === 'postgres.connections')
    return { sizes: await readSizes(postgresAt(connections, undefined, kubernetes), connection, context) }
  if (kind !== 'redis.memory') return {}
  const info = await withRedis(connections, connection, (redis) => redis.info())
  return { info: Object.fromEntries(parseInfo(info)) }
}

/** With what the declaration fills in where the runbook says nothing. */
function filled({ kind, params }: Part): StepParams {
  return parser(kind, catalogue[kind as KindName].params)(params) as StepParams
}

function whyNoFigure(part: Part, error: unknown): Text {
  pulse().signal.throwIfAborted()
  if (error instanceof CancelledFailure) throw error
  const failure = carriedBy(error)
  const why = said(failure === undefined ? plainLine(String(error), 300) : reasonIn(failure))
  return ofFigure(part, why)
}

function ofFigure({ id }: Part, { en, ja }: Text): Text {
  return { en: `${id}: ${en}`, ja: `${id}: ${ja}` }
}

function tooLarge({ id }: Part, bytes: number): Text {
  return {
    en: `${id}: ${bytes} bytes; a file of figures has at most ${mostBytes}`,
    ja: `${id}: ${bytes} バイト（上限 ${mostBytes} バイト）`,
  }
}
