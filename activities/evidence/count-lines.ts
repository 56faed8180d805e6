/**
 * How many lines of a workload's logs match, in a time. What was kept since the incident began outlives pods and the kubelets' rotation; the
 * kubelets know what is newer, and all of it where nothing is kept.
 */

import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { About } from '../../domain/evidence/about.ts'
import { markBegins, maskerOf } from '../../domain/evidence/mask.ts'
import { incidentId } from '../../domain/names.ts'
import { boundedPattern, compiled } from '../../domain/steps/bounded-pattern.ts'
import type { Hands } from '../../domain/steps/catalogue.ts'
import type { Reading, StepContext } from '../../domain/steps/contract.ts'
import { objectName } from '../../domain/steps/subject.ts'
import { said, type Text, type Words } from '../../domain/words.ts'
import { logsIn, readSegments, stampOf } from '../../edge/log-segments.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { WholeLines } from '../../edge/whole-lines.ts'
import { logsFolder } from '../../wire/archive.ts'
import { carriedBy } from '../../wire/carried.ts'
import { type Counted, countedReading, spanOf } from '../counted-reading.ts'
import { endsWithin } from '../ends-within.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { podsTarget } from '../kubernetes/objects/namespace.ts'
import { pulse, withDeadline } from '../pulse.ts'
import { isRefusal, reasonIn, refuse } from '../refusal.ts'
import { type ContainerRun, containersOf, podsCut } from './containers.ts'
import { lastStamp, podLog } from './pod-log.ts'
import { isLogOf } from './whose-log.ts'

type Params = Counted & {
  readonly deployment?: string | undefined
  readonly selector?: string | undefined
  readonly contains?: string | undefined
  readonly pattern?: string | undefined
  readonly distinct: boolean
}

/** An activity that reads has a minute. */
const withinMs = 50_000
/** The beginning of a line has what tells who it is about; the bound of a pattern goes by its length (bounded-pattern.ts). */
const longestLine = 2_000
const longestValue = 200
const mostDistinct = 500_000
/** So long lines are matched at a stretch; then everything else of the worker has its turn. */
const stretchMs = 20
/** A pattern is bounded, and whoever writes the lines can still make it search long: one line that takes so long is enough. */
const slowMs = 200
/** A machine that had other things to do says nothing of the pattern: a line is tried again, more often where this process did little. */
const triesWhenBusy = 2
const mostTries = 5

export function logCountHands(
  kubernetes: Kubernetes,
  archive: string | undefined,
): Pick<Hands, 'kubernetes.log-count'> {
  return {
    'kubernetes.log-count': (params, context) =>
      withDeadline(withinMs, targetOf(params, context), () =>
        countLines(kubernetes, archive, params, context),
      ),
  }
}

async function countLines(
  kubernetes: Kubernetes,
  archive: string | undefined,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { since, until, deployment, selector, ...asked } = params
  const span = spanOf({ since, until }, context.nowMs)
  const tally = new Tally(params, Date.parse(span.since), Date.parse(span.until), targetOf(params, context))
  const folder = keptIn(archive, context)
  const { runs, cut } = await containersOf(kubernetes, context, aboutOf(params))
  if (cut) tally.unreadable = podsCut
  const kept = folder === undefined ? [] : await logsIn(folder)
  const own: string[] = []
  for (const path of kept) {
    const isLive = runs.some((run) => run.path === path)
    if (isLive || (deployment !== undefined && (await isLogOf(folder ?? '', path, deployment))))
      own.push(path)
  }
  // Of a workload that has no pods and nothing kept nobody knows how many lines there were.
  if (own.length + runs.length === 0 && !cut)
    return refuse('precondition-failed', { target: targetOf(params, context), reason: noLogs })
  const newest = new Map<string, string>()
  for (const path of own) newest.set(path, await tally.kept(join(folder ?? '', path)))
  for (const run of runs) await tally.live(kubernetes, context, run, newest.get(run.path))
  const { facts, ...reading } = countedReading(
    { ...(deployment === undefined ? { selector: selector ?? '' } : { deployment }), ...texts(asked) },
    span,
    tally.count,
  )
  const { lines, unread } = tally
  if (tally.unreadable !== undefined) refuse('precondition-failed', atLeast(tally, targetOf(params, context)))
  // How much of it there was to be looked at, and what Kubernetes did not hand out.
  const containers = new Set([...own, ...runs.map(({ path }) => path)]).size
  const seen = { ...(facts as object), lines, containers, kept: own.length, unread }
  return { ...reading, facts: seen, ...(unread === 0 ? {} : { partial: true as const }) }
}

function texts({ contains, pattern, distinct }: Pick<Params, 'contains' | 'pattern' | 'distinct'>) {
  return {
    ...(contains === undefined ? {} : { contains }),
    ...(pattern === undefined ? {} : { pattern }),
    distinct,
  }
}

function aboutOf({ deployment, selector }: Params): About {
  return {
    workloads: deployment === undefined ? [] : [`deployment/${deployment}`],
    selectors: selector === undefined ? [] : [selector],
  }
}

function targetOf({ deployment }: Params, { namespace }: StepContext): string {
  return deployment === undefined ? podsTarget(namespace) : objectName('deployment', namespace, deployment)
}

/** Undefined where nothing is kept: without an archive, and without an incident. */
function keptIn(archive: string | undefined, { incident }: StepContext): string | undefined {
  if (archive === undefined || !incidentId.safeParse(incident).success) return undefined
  return logsFolder(archive, incident)
}

/** A number that lacks whole logs is none: it would stand in the report as if it were all. */
function atLeast({ count, unreadable }: Tally, target: string) {
  const says = said(unreadable)
  const reason: Text = {
    en: `some of its logs could not be read (${says.en}); in the others ${count} were counted, so it is at least that`,
    ja: `一部のログを読み取れませんでした（${says.ja}）。読み取れた分は ${count} 件で、実際はそれ以上です`,
  }
  return { target, reason }
}

const masked: Text = {
  en: 'the logs are masked where the different values stand; match something else, or count by SQL',
  ja: '集計する値がログの中でマスクされています。別の値で集計するか、SQL で集計してください',
}
function tooSlow(pattern: string, line: string): Text {
  return {
    en: `the pattern ${pattern} takes too long (over ${slowMs} ms on a line of ${line.length} characters); give it fewer repetitions, or match a text`,
    ja: `パターン ${pattern} の検索に時間がかかりすぎます（${line.length} 文字の行で ${slowMs} ms 超）。繰り返しを減らすか、文字列で検索してください`,
  }
}
const tooMany: Text = {
  en: `more than ${mostDistinct} different values in the logs; match fewer, or count by SQL`,
  ja: `ログ内の値が ${mostDistinct} 種類を超えています。パターンを絞るか、SQL で集計してください`,
}

const noLogs: Text = {
  en: 'it has no pods now, and no log of it was kept',
  ja: '現在 Pod がなく、保存されたログもありません',
}

/** What was counted so far. */
class Tally {
  readonly #matches: (line: string) => string | undefined
  readonly #pattern: string
  readonly #isDistinct: boolean
  readonly #values = new Set<string>()
  readonly #target: string
  readonly #fromMs: number
  readonly #toMs: number
  #count = 0
  #turnedMs = performance.now()
  #turnedCpu = process.cpuUsage()
  lines = 0
  unread = 0
  /** What was said instead of the log of a container that is there. */
  unreadable: Words | undefined

  constructor({ contains, pattern, distinct }: Params, fromMs: number, toMs: number, target: string) {
    this.#matches = matcher(contains, pattern)
    this.#pattern = pattern ?? ''
    this.#isDistinct = distinct
    this.#target = target
    this.#fromMs = fromMs
    this.#toMs = toMs
  }

  get count(): number {
    return this.#isDistinct ? this.#values.size : this.#count
  }

  /** A log of the archive; the time of its last line, empty where it has none. */
  async kept(folder: string): Promise<string> {
    const lines = new WholeLines()
    let last = ''
    for await (const chunk of readSegments(folder)) {
      const text = lines.take(chunk)
      await this.#take(text, '')
      last = lastStamp(text) || last
    }
    return last
  }

  /** What a kubelet still has of a run, later than `after`. Of a container that has no log yet, or a pod that went, there is none. */
  async live(kubernetes: Kubernetes, context: StepContext, run: ContainerRun, after = ''): Promise<void> {
    const sinceMs = Math.max(Date.parse(run.startedAt), this.#fromMs, Date.parse(after) || 0)
    const lines = new WholeLines()
    try {
      const stream = await podLog(kubernetes, context, run, { sinceMs }, pulse().signal)
      const take = async (text: string): Promise<void> => {
        this.#hear(run, text)
        await this.#take(text, after)
      }
      for await (const chunk of stream) await take(lines.take(chunk as Buffer))
      await take(lines.end())
    } catch (error) {
      if (!isRefusal(error, 'kubernetes-refused') && !isRefusal(error, 'target-not-found')) throw error
      this.unread += 1
      const found = carriedBy(error)
      // Kubelets forget what has ended; what runs has a log.
      if (run.state === 'running' && found?.name === 'kubernetes-refused') this.unreadable ??= reasonIn(found)
    }
  }

  /** A kubelet whose runtime lost the container answers 200, and says so where the log would be: a line without a time. */
  #hear({ state }: ContainerRun, text: string): void {
    const told = text.split('\n').find((line) => line !== '' && stampOf(line) === '')
    if (told === undefined) return
    this.unread += 1
    if (state === 'running') this.unreadable ??= plainLine(maskerOf()(told).text)
  }

  async #take(text: string, after: string): Promise<void> {
    const wanted = text.split('\n').flatMap((line) => {
      const stamp = stampOf(line)
      // The kubelet's own stamps are of one length, so the order of letters is that of time.
      if (stamp === '' || stamp <= after) return []
      const atMs = Date.parse(stamp)
      if (atMs < this.#fromMs || atMs > this.#toMs) return []
      return [line.slice(stamp.length + 1, stamp.length + 1 + longestLine)]
    })
    this.lines += wanted.length
    for (let at = 0, tries = 0; at < wanted.length; ) {
      const values: (string | undefined)[] = []
      const isDone = this.#endsSoon(() => {
        for (let i = at; i < wanted.length && performance.now() - this.#turnedMs < stretchMs; i++)
          values.push(this.#matches(wanted[i] ?? ''))
      })
      for (const value of values) if (value !== undefined) this.#counts(value)
      at += values.length
      if (values.length > 0) tries = 0
      if (!isDone) tries += 1
      const isBusy = process.cpuUsage(this.#turnedCpu).user > (slowMs / 2) * 1_000
      if (tries >= (isBusy ? triesWhenBusy : mostTries))
        this.#uncountable(tooSlow(this.#pattern, wanted[at] ?? ''))
      await this.#turn()
    }
    await this.#turn()
  }

  /** Only a pattern can take long. */
  #endsSoon(work: () => void): boolean {
    if (this.#pattern !== '') return endsWithin(slowMs, work)
    work()
    return true
  }

  #counts(value: string): void {
    this.#count += 1
    if (this.#isDistinct) this.#keep(value)
  }

  #keep(value: string): void {
    // Different values behind one mask would be one.
    if (value.includes(markBegins)) this.#uncountable(masked)
    this.#values.add(value.slice(0, longestValue))
    if (this.#values.size > mostDistinct) this.#uncountable(tooMany)
  }

  #uncountable(reason: Text): never {
    return refuse('precondition-failed', { target: this.#target, reason })
  }

  /** Everything else of the worker has its turn, and whoever waits hears that it goes on. */
  async #turn(): Promise<void> {
    await turn()
    this.#turnedMs = performance.now()
    this.#turnedCpu = process.cpuUsage()
    pulse().beat({ at: 'count-lines', lines: this.lines })
    pulse().signal.throwIfAborted()
  }
}

/** What of a line counts: what the pattern's group matched, else the line itself; undefined where it does not match. */
function matcher(
  contains: string | undefined,
  pattern: string | undefined,
): (line: string) => string | undefined {
  const holds = (line: string) => contains === undefined || line.includes(contains)
  if (pattern === undefined) return (line) => (holds(line) ? line : undefined)
  const read = boundedPattern(pattern)
  // The parameters were parsed by the catalogue, which refuses such a pattern.
  if (!read.ok) throw new Error(read.problem.en)
  const expression = compiled(read.pattern)
  return (line) => {
    if (!holds(line)) return undefined
    const found = expression.exec(line)
    return found === null ? undefined : (found[1] ?? line)
  }
}
