import { expected } from '../../../../domain/expected.ts'
import type { IncidentEvent } from '../../../../domain/incident/fold/events.ts'
import { incidentId } from '../../../../domain/names.ts'
import { present } from '../../../../domain/present.ts'
import { refused } from '../../../../edge/refused.ts'
import { exitAfter } from '../../../../edge/signals.ts'
import { failureIn } from '../../../failure-in.ts'
import type { Session } from '../session.ts'
import { cleanJson, screenOf } from '../terminal.ts'
import { sayingUnderWay } from '../under-way.ts'
import type { Options } from '../verb.ts'
import { zoneIn } from '../zone.ts'
import { shownText } from './show.ts'
import { timelineWriter } from './timeline.ts'

/** How much of what was before is shown first, so that the new lines make sense. */
const eventsBefore = 8

/** An incident, or the board of services where none is named. A runbook whose name looks like an incident is found all the same. */
export async function watch(session: Session, what: string | undefined, options: Options): Promise<number> {
  if (what === undefined || !incidentId.safeParse(what).success) return watchBoard(session, what, options)
  try {
    return await follow(session, what, options)
  } catch (error) {
    if (failureIn(error)?.name !== 'unknown-incident' || !(await isRunbook(session, what))) throw error
    return watchBoard(session, what, options)
  }
}

async function watchBoard(session: Session, what: string | undefined, options: Options): Promise<number> {
  if (options.from !== undefined)
    throw refused('bad-input', {
      where: '--from',
      problem: expected('an incident to follow', '対象のインシデント'),
    })
  const { board } = await import('./board.ts')
  return board(session, what, options)
}

async function isRunbook(session: Session, word: string): Promise<boolean> {
  const desks = await (await session.incidents()).desks()
  return desks.some(({ desk }) => desk === word)
}

/** Follows an incident; with -o json one event per line. Ends with the incident, or with a signal. */
async function follow(session: Session, incident: string, options: Options): Promise<number> {
  const asked = askedFrom(options)
  const incidents = await session.incidents()
  const { signal, out, env } = session.around
  const shown = await incidents.show(incident)
  for (const flag of ['every', 'times'])
    if (options[flag] !== undefined)
      throw refused('bad-input', {
        where: `--${flag}`,
        problem: expected(
          'services; an incident is followed as it goes',
          'サービス（インシデントの追跡では使いません）',
        ),
      })
  const head = shown.source === 'worker' && session.output === 'table' ? shown.head.seq : undefined
  const from = asked ?? (head === undefined ? undefined : Math.max(1, head - eventsBefore + 1))
  const screen = screenOf(out, env)
  const zone = zoneIn(session, shown)
  const lines = timelineWriter(zone, session.lang, screen)
  if (session.output === 'table')
    out.write(`${shownText(shown, session.lang, screen, { zone }).split('\n', 1)[0]}\n`)
  const write = await writerFor(session, lines)
  let trouble = ''
  const events = incidents.watch(incident, signal, {
    ...present({ fromSeq: from }),
    onTrouble: ({ message }) => {
      if (message !== trouble) session.say({ en: `${message} (trying again)`, ja: `${message} (再試行中)` })
      trouble = message
    },
  })
  await sayingUnderWay(session, incidents, { incident }, async () => {
    for await (const event of events) {
      trouble = ''
      write(event)
    }
  })
  return signal.aborted ? exitAfter(signal) : 0
}

async function writerFor(
  session: Session,
  lines: (event: IncidentEvent) => readonly string[],
): Promise<(event: IncidentEvent) => void> {
  const { out } = session.around
  switch (session.output) {
    case 'table':
      return (event) => out.write(`${lines(event).join('\n')}\n`)
    case 'json':
      return (event) => out.write(`${cleanJson(JSON.stringify(event))}\n`)
    case 'yaml': {
      const { toYaml } = await import('../yaml-output.ts')
      return (event) => out.write(`---\n${toYaml(event)}\n`)
    }
  }
}

function askedFrom({ from }: Options): number | undefined {
  if (typeof from !== 'string') return undefined
  if (!/^[1-9]\d{0,8}$/.test(from))
    throw refused('bad-input', {
      where: '--from',
      problem: expected('the number of an event', 'イベントの番号'),
    })
  return Number(from)
}
