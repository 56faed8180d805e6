/** `watch` without an incident: how services stand, live, until somebody ends it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { durationMs } from '../../../../domain/duration.ts'
import { expected } from '../../../../domain/expected.ts'
import { nearest } from '../../../../domain/nearest.ts'
import { isZone, ownZone } from '../../../../edge/local-time.ts'
import { refused } from '../../../../edge/refused.ts'
import { aborted, exitAfter } from '../../../../edge/signals.ts'
import { type Board, openBoard, type Scope } from '../../../incidents/board.ts'
import type { Incidents } from '../../../incidents/incidents.ts'
import { boardData } from '../../../words/board.ts'
import { momentsAt } from '../../../words/moments.ts'
import { boardText } from '../board-text.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { cleanJson, cleanPainted, screenOf } from '../terminal.ts'
import type { Options } from '../verb.ts'

const usualMs = 5_000
/** Each look is a workflow, and asks every service. */
const shortestMs = 2_000
/** Ages count on between two looks. */
const redrawEveryMs = 1_000

/** `what`: a runbook, `backend` or `shodo/backend`; every runbook without it. Ends with a signal, or after `--times` snapshots. */
export async function board(session: Session, what: string | undefined, options: Options): Promise<number> {
  const { signal } = session.around
  const [everyMs, times] = [everyFrom(options), timesFrom(options)]
  const incidents = await session.incidents()
  const scopes = await scopesOf(incidents, session, what)
  const { now, refresh } = openBoard(incidents, scopes)
  const { draw, isLive } = await drawerFor(session, everyMs)
  const paint = () => draw(now())
  for (let shown = 1; ; shown += 1) {
    const nextMs = performance.now() + everyMs
    const round = refresh()
    // The first one waits for its answers: nobody wants to read that nothing was looked at yet.
    await waiting(shown === 1 ? round : Promise.race([round, pause(everyMs, signal)]))
    if (signal.aborted) return exitAfter(signal)
    paint()
    if (shown === times) return 0
    await waiting(pause(nextMs - performance.now(), signal))
    if (signal.aborted) return exitAfter(signal)
  }

  async function waiting(work: Promise<unknown>): Promise<void> {
    const timer = isLive ? setInterval(paint, redrawEveryMs) : undefined
    try {
      await Promise.race([work, aborted(signal)])
    } finally {
      clearInterval(timer)
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined)
}

function everyFrom({ every }: Options): number {
  const ms = every === undefined ? usualMs : durationMs(String(every))
  if (ms !== undefined && ms >= shortestMs) return ms
  throw refused('bad-input', { where: '--every', problem: expected('2s or more', '2 秒以上（2s など）') })
}

function timesFrom({ times }: Options): number | undefined {
  if (times === undefined) return undefined
  if (typeof times === 'string' && /^[1-9]\d{0,5}$/.test(times)) return Number(times)
  throw refused('bad-input', { where: '--times', problem: expected('a number from 1', '1 以上の数') })
}

async function scopesOf(
  incidents: Pick<Incidents, 'desks'>,
  session: Session,
  what: string | undefined,
): Promise<readonly Scope[]> {
  const desks = await patiently(session, incidents.desks())
  if (desks.length === 0) throw refused('no-runbook')
  const all = desks.map(({ desk, services }): Scope => ({ runbook: desk, services }))
  if (what === undefined) return all
  const meant = all.filter(({ runbook }) => runbook === what)
  if (meant.length > 0) return meant
  const [service = '', runbook, ...more] = what.split('/').reverse()
  const caring = all
    .filter((scope) => scope.services.includes(service) && (runbook ?? scope.runbook) === scope.runbook)
    .map((scope) => ({ ...scope, services: [service], service }))
  if (caring.length > 0 && more.length === 0) return caring
  const known = all.flatMap((scope) => [
    scope.runbook,
    ...scope.services.map((one) => `${scope.runbook}/${one}`),
  ])
  const first = nearest(what, known)
  const sorted = first === undefined ? known : [first, ...known.filter((one) => one !== first)]
  throw refused('unknown-service', { service: what.slice(0, 60), known: sorted.join(', ') })
}

/** A terminal shows one board and draws over it; elsewhere each one stands below the one before. */
async function drawerFor(
  session: Session,
  everyMs: number,
): Promise<{ readonly draw: (board: Board) => void; readonly isLive: boolean }> {
  const { out, env } = session.around
  switch (session.output) {
    case 'json':
      return { isLive: false, draw: (board) => out.write(`${cleanJson(JSON.stringify(dataOf(board)))}\n`) }
    case 'yaml': {
      const { toYaml } = await import('../yaml-output.ts')
      return { isLive: false, draw: (board) => out.write(`---\n${toYaml(dataOf(board))}\n`) }
    }
    case 'table': {
      const isLive = out.isTTY === true && env.TERM !== 'dumb'
      let isFirst = true
      const draw = (board: Board) => {
        const text = cleanPainted(textOf(session, board, everyMs))
        out.write(isLive ? `${isFirst ? eraseAll : ''}${drawnOver(text, out.rows)}` : `${text}\n\n`)
        isFirst = false
      }
      return { isLive, draw }
    }
  }
}

function dataOf(board: Board) {
  return boardData(board, Date.now())
}

function textOf({ lang, around }: Session, board: Board, everyMs: number): string {
  const zone = board.systems.flatMap(({ timezone }) => timezone ?? []).find(isZone) ?? ownZone()
  return boardText(board, everyMs, momentsAt(zone, Date.now()), lang, screenOf(around.out, around.env))
}

const eraseAll = '\u001b[2J'
const home = '\u001b[H'
const eraseLine = '\u001b[K'
const eraseBelow = '\u001b[J'

/** In one piece, so that a signal leaves no half of it; the cursor stays below, and nothing has to be set back at the end. */
function drawnOver(text: string, rows = Number.POSITIVE_INFINITY): string {
  const lines = text.split('\n')
  const fits = lines.length < rows ? lines : [...lines.slice(0, Math.max(1, rows - 2)), '…']
  return `${home}${fits.map((line) => `${line}${eraseLine}\n`).join('')}${eraseBelow}`
}
