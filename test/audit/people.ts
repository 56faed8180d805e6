/** One report and what people do about it: everything is decided by chance beforehand, whatever the answers say. */
import type { CommandOrder } from '../../client/incidents/commands.ts'
import { type Actor, severities } from '../../domain/words.ts'
import type { Chance } from './chance.ts'
import type { Doors } from './doors.ts'

const person = (id: string): Actor => ({ kind: 'person', id, verified: true })
const people = ['aoki', 'sato', 'mori'].map(person)

/** Silent ones are never acknowledged: their pages must all come. */
const characters = [
  'silent',
  'silent',
  'acknowledged',
  'acknowledged',
  'resolved',
  'reopened',
  'cancelled',
] as const

/** What follows whatever else people do, and when of their whole story, 0 to 1. */
const endings: { readonly [C in (typeof characters)[number]]: readonly (readonly [Ending, number])[] } = {
  silent: [],
  acknowledged: [['acknowledge', 0.3]],
  resolved: [
    ['acknowledge', 0.2],
    ['resolve', 0.6],
    ['close', 0.9],
  ],
  reopened: [
    ['resolve', 0.3],
    ['reopen', 0.5],
    ['acknowledge', 0.7],
  ],
  cancelled: [['cancel', 0.5]],
}

export type Story = {
  readonly desk: string
  /** Unique in the whole run. */
  readonly name: string
  /** When it may begin: by the storm's own clock, which is its kills. */
  readonly begins: Promise<void>
  readonly lastsMs: number
}

export async function liveThrough(doors: Doors, { desk, name, begins, lastsMs }: Story, chance: Chance) {
  const character = chance.of(characters)
  const by = chance.of(people)
  const reported = {
    desk,
    by,
    // Silent ones are for themselves: nobody who acknowledges may join them.
    fresh: character === 'silent' || chance.happens(0.6),
    declaration: {
      service: chance.of(['backend', 'backend', 'frontend']),
      severity: chance.of(severities),
      description: `report ${name}`,
      dataLoss: chance.happens(0.15),
      breach: chance.happens(0.1),
    },
    ...(chance.happens(0.5) ? { key: `key ${name}` } : {}),
  }
  const isKeyed = 'key' in reported
  const repeats = isKeyed ? chance.between(0, 2) : 0
  const rounds = Array.from({ length: chance.between(3, 9) }, (_, i) => chance.branch(`round ${i}`))
  await begins
  await chance.pause(0, 2_000)
  const [first] = await Promise.all(
    Array.from({ length: repeats + 1 }, (_, i) => doors.declare({ ...reported, id: `${name}-${i}` })),
  )
  const incident = first?.incident
  if (incident === undefined) return
  const began = Date.now()
  const left = endings[character].map(([type, share]) => ({ type, atMs: share * lastsMs }))
  let sent = 0
  const isOver = () => doors.isStuck(incident)
  const command: Send = (order, text) => {
    sent += 1
    return doors.command(desk, incident, order, `${name}/${order.type}/${sent}`, text)
  }
  for (const round of rounds) {
    if (isOver()) return
    await round.pause(0, (2 * lastsMs) / rounds.length)
    const together: Promise<unknown>[] = []
    while (left[0] !== undefined && Date.now() - began >= left[0].atMs) {
      const { type } = left.shift() ?? left[0]
      together.push(command(ending(type, person('sato'))))
    }
    for (let i = round.between(1, 3); i > 0; i -= 1)
      together.push(doOne(doors, { desk, incident, name: `${name}/${sent}` }, command, round))
    await Promise.all(together)
  }
  for (const { type } of left) if (!isOver()) await command(ending(type, person('sato')))
}

type Ending = 'acknowledge' | 'resolve' | 'reopen' | 'close' | 'cancel'

function ending(type: Ending, by: Actor): CommandOrder {
  const why = 'the audit wants it so'
  if (type === 'close') return { type, by, waive: why }
  return type === 'reopen' || type === 'cancel' ? { type, by, reason: why } : { type, by }
}

type Where = { readonly desk: string; readonly incident: string; readonly name: string }
type Send = (order: CommandOrder, text?: string) => Promise<unknown>

const deeds = [
  'note',
  'note',
  'severity',
  'impact',
  'commander',
  'check',
  'situation',
  'read',
  'change',
  'approve',
  'approve',
  'reject',
  'undo',
  'escalate',
  'refused',
  'signal',
  'signal',
  'bad-signal',
  'nonsense',
] as const

/** One thing that people do; many of them are refused, which is an answer too. */
async function doOne(
  doors: Doors,
  { desk, incident, name }: Where,
  send: Send,
  chance: Chance,
): Promise<unknown> {
  const by = chance.of(people)
  const step = chance.of(['scale-out', 'restart', 'rollback', 'quick-scale-out', 'delete-pods'])
  const text = `note ${name} ${chance.between(0, 1e9)}`
  switch (chance.of(deeds)) {
    case 'note':
      return send({ type: 'note', by, text }, text)
    case 'severity':
      return send({ type: 'set-severity', by, severity: chance.of(severities) })
    case 'impact':
      return send({ type: 'set-impact', by, impact: 'part' })
    case 'commander':
      return send({ type: 'set-commander', by, person: 'sato' })
    case 'check':
      return send({ type: 'check', by, item: 'alert' })
    case 'situation':
      return send({ type: 'situation', by })
    case 'read':
      return send({ type: 'run', by, step: 'logs' })
    case 'change':
      return send({ type: 'run', by, step })
    case 'approve': {
      const seen = await doors.view(incident).catch(() => undefined)
      const waiting = Object.values(seen?.state.steps ?? {}).find((s) => s.status === 'proposed')
      if (waiting === undefined) return undefined
      return send({ type: 'approve', by, step: waiting.id, hash: waiting.hash ?? '' })
    }
    case 'reject':
      return send({ type: 'reject', by, step, reason: 'the audit wants it so' })
    case 'undo':
      return send({ type: 'undo', by, step })
    case 'escalate':
      return send({ type: 'escalate', by, level: 'security' })
    case 'refused':
      return send({ type: 'run', by, step: 'no-such-step' })
    case 'signal':
      return doors.signal(desk, incident, 'note', { by: 'aoki', text, id: text }, text)
    case 'bad-signal':
      return doors.signal(desk, incident, 'set-severity', { by: 'aoki', severity: 'HORRIBLE' })
    case 'nonsense':
      return doors.signal(desk, incident, 'nonsense', chance.of([undefined, 'words', { deep: [1, 2] }]))
  }
}
