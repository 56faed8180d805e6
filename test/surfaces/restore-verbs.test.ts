import assert from 'node:assert/strict'
import type { CommandContent } from '../../client/incidents/commands.ts'
import type { DirectIncidents } from '../../client/incidents/incidents.ts'
import type { StepLook } from '../../client/incidents/read-step.ts'
import { failure } from '../../domain/failures.ts'
import { runbookSchema } from '../../domain/runbook/runbook.ts'
import { Refused } from '../../edge/refused.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { sato, World } from '../domain/incident/world.ts'
import { openDoor } from './api-door.ts'
import { hikeshi, type Ran } from './cli-process.ts'

const typed = '2024-01-20 14:30:00 JST'
const target = '2024-01-20T05:30:00.000Z'
const run = ['restore', 'run', 'shodo-42', '--timestamp', typed]

/** An incident of a database whose runbook has these steps. */
function incidentOf(...kinds: readonly string[]): World {
  const book = smallBook({ database: true })
  const title = { ja: '題', en: 'Title' }
  const steps = kinds.map((kind, i) => ({
    id: kinds.indexOf(kind) < i ? `${kind.slice(9)}-${i}` : kind.slice(9),
    title,
    kind,
    with: kind === 'postgres.bisect' ? { checks: [{ name: 'orders', rows: 'orders', atLeast: 300 }] } : {},
  }))
  const symptoms = [...book.symptoms, { id: 'lost', title, service: 'database', steps }]
  const world = new World({ policy: { database: true }, service: 'database' })
  const { runbook } = world.state
  world.state = {
    ...world.state,
    runbook: { ...runbook, book: runbookSchema.parse({ ...book, symptoms }) },
  }
  return world
}

/** The command line over an API in this process, whose incident lives by the rules. */
async function at(world: World, argv: readonly string[], options: Parameters<typeof hikeshi>[1] = {}) {
  const orders: CommandContent[] = []
  const door = await openDoor({
    show: async () => ({ source: 'worker', state: world.state, head: world.head, earlierRuns: [] }),
    command: async (_, { by: __, ...order }) => {
      orders.push(order)
      const { type, ...input } = order
      const refusal = world.ask(type, sato, input)
      if (refusal !== undefined) throw new Refused(refusal)
      const { head } = world
      world.allGoesWell()
      return { receipt: head }
    },
    timeline: async () => world.events,
    similar: async () => [],
  })
  try {
    const ran = await over(door.url, argv, options)
    assert.deepEqual(door.unexpected, [])
    return { ...ran, orders }
  } finally {
    await door.close()
  }
}

function over(
  url: string,
  argv: readonly string[],
  options: Parameters<typeof hikeshi>[1] = {},
): Promise<Ran> {
  return hikeshi(argv, { ...options, env: { HIKESHI_API_URL: url, HIKESHI_API_TOKEN: 'A'.repeat(43) } })
}

describe('hikeshi restore run', () => {
  it('requests exactly the instant that was typed, says it in every zone, and notes it as typed', async () => {
    const world = incidentOf('postgres.restore', 'postgres.cut-over')
    const { exit, out, err, orders } = await at(world, [...run, '--confirm=yes', '-o', 'json'])
    assert.equal(exit, 0, err)
    const [request, note, ...more] = orders
    assert.deepEqual([request, more], [{ type: 'run', step: 'restore', with: { target } }, []])
    assert.ok(note?.type === 'note')
    assert.match(
      note.text,
      /^restore target: 2024-01-20 14:30:00 JST = 2024-01-20T05:30:00\.000Z \(tzdata \S+\)$/,
    )
    assert.match(err, /^Restore to 2024-01-20 14:30:00 JST \(2024-01-20 05:30:00 UTC\)\n/)
    assert.match(err, /hikeshi approve shodo-42 restore\n/)
    assert.match(err, /hikeshi restore cut-over shodo-42, or hikeshi restore discard shodo-42\n$/)
    const { incident, step, receipt } = JSON.parse(out)
    assert.deepEqual([incident, step, typeof receipt.hash], ['shodo-42', 'restore', 'string'])
    assert.deepEqual(world.step('restore').byHand, ['target'])
  })

  it('takes a timeline and a backup, or everything that the archive has', async () => {
    const backup = '20240119-020000F'
    const chosen = ['--timeline', '2', '--backup', backup, '--confirm=yes']
    const { orders } = await at(incidentOf('postgres.restore'), [...run, ...chosen])
    assert.deepEqual(orders[0], { type: 'run', step: 'restore', with: { target, timeline: 2, backup } })
    const latest = ['restore', 'run', 'shodo-42', '--latest', '--confirm=yes', '--lang', 'ja']
    const { orders: all, err } = await at(incidentOf('postgres.restore'), latest)
    assert.deepEqual(all, [{ type: 'run', step: 'restore' }])
    assert.match(err, /^アーカイブの最後まで復元します。/)
    assert.doesNotMatch(err, /cut-over/)
  })

  it('requests nothing without a yes: 2 where nobody can be asked, 4 for a no', async () => {
    const cases: readonly (readonly [readonly string[], object, number, string])[] = [
      [[], {}, 2, 'HK112'],
      [['--confirm=no'], {}, 4, 'HK327'],
      [[], { terminal: 100, stdin: 'n\n' }, 4, 'HK327'],
      [[], { terminal: 100, stdin: '' }, 4, 'HK327'],
    ]
    for (const [more, options, code, name] of cases) {
      const { exit, out, err, orders } = await at(incidentOf('postgres.restore'), [...run, ...more], options)
      assert.deepEqual([exit, out, orders], [code, '', []], err)
      assert.match(err, new RegExp(name))
    }
    const asked = await at(incidentOf('postgres.restore'), run, { terminal: 100, stdin: 'y\n' })
    assert.deepEqual([asked.exit, asked.orders.length], [0, 2], asked.err)
    assert.match(asked.err, /Request restore\? \[y\/N\]/)
  })

  it('refuses a time that may mean two instants before anything is requested', async () => {
    for (const unclear of ['2024-01-20 14:30:00', '2024-01-20 14:30:00 IST', 'yesterday'])
      for (const lang of ['en', 'ja']) {
        const argv = ['restore', 'run', 'shodo-42', '--timestamp', unclear, '--confirm=yes', '--lang', lang]
        const { exit, err, orders } = await at(incidentOf('postgres.restore'), argv)
        assert.deepEqual([exit, orders], [2, []], unclear)
        assert.match(err, /^HK111 /)
      }
  })

  it('is 2 for what was mistyped, and for a choice that was not made; 3 where the runbook has no such step', async () => {
    const both = incidentOf('postgres.restore', 'postgres.restore')
    const cases: readonly (readonly [World, readonly string[], number, RegExp])[] = [
      [both, [...run, '--confirm=yes'], 2, /HK101 --step: expected one of restore, restore-1/],
      [both, [...run, '--confirm=yes', '--step', 'other'], 2, /expected one of restore, restore-1/],
      [both, ['restore', 'run', 'shodo-42', '--confirm=yes'], 2, /either --timestamp or --latest/],
      [both, [...run, '--latest'], 2, /either --timestamp or --latest/],
      [both, [...run, '--timeline', '0'], 2, /the number of a timeline/],
      [both, [...run, '--confirm=perhaps'], 2, /Allowed choices are yes, no/],
      [incidentOf('postgres.cut-over'), [...run, '--confirm=yes'], 3, /HK214 .*kind: postgres\.restore/],
    ]
    for (const [world, argv, code, says] of cases) {
      const { exit, err, orders } = await at(world, argv)
      assert.deepEqual([exit, orders], [code, []], err)
      assert.match(err.replace(/\n/g, ' '), says)
    }
    const { orders } = await at(both, [...run, '--confirm=yes', '--step', 'restore-1'])
    assert.deepEqual(orders[0], { type: 'run', step: 'restore-1', with: { target } })
  })
})

describe('hikeshi restore bisect', () => {
  it('searches between the two instants that were typed, or where the runbook says', async () => {
    const between = ['--check', 'orders', '--good', typed, '--bad', '2024-01-20 08:00:00 UTC']
    const { orders, err } = await at(incidentOf('postgres.bisect'), [
      ...['restore', 'bisect', 'shodo-42', '--timeline', '2'],
      ...between,
    ])
    const bad = '2024-01-20T08:00:00.000Z'
    const chosen = { check: 'orders', good: target, bad, timeline: 2 }
    assert.deepEqual(orders[0], { type: 'run', step: 'bisect', with: chosen })
    assert.match(err, /^It holds at 2024-01-20 14:30:00 JST .*\nIt fails at 2024-01-20 08:00:00 UTC /)
    assert.ok(orders[1]?.type === 'note')
    assert.match(orders[1].text, /^bisect: .* = 2024-01-20T05:30:00\.000Z, .* = 2024-01-20T08:00:00\.000Z/)
    const bare = await at(incidentOf('postgres.bisect'), ['restore', 'bisect', 'shodo-42'])
    assert.deepEqual(bare.orders, [{ type: 'run', step: 'bisect' }])
  })
})

describe('the other verbs of a restore', () => {
  it('are the step of their kind, whatever the runbook calls it', async () => {
    const kinds = ['postgres.backup', 'postgres.backup', 'postgres.cut-over', 'postgres.discard-copy']
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['restore', 'cut-over', 'shodo-42'], 'cut-over'],
      [['restore', 'discard', 'shodo-42'], 'discard-copy'],
      [['backup', 'shodo-42', '--step', 'backup-1'], 'backup-1'],
    ]
    for (const [argv, step] of cases) {
      const { exit, err, orders } = await at(incidentOf(...kinds), argv)
      assert.deepEqual([exit, orders], [0, [{ type: 'run', step }]], err)
    }
    assert.equal((await at(incidentOf(...kinds), ['backup', 'shodo-42'])).exit, 2)
    assert.equal((await at(incidentOf('postgres.restore'), ['backup', 'shodo-42'])).exit, 3)
  })

  it('discards by taking the restore back where the runbook has no step for it', async () => {
    const world = incidentOf('postgres.restore')
    world.command('run', sato, { step: 'restore', with: { target } })
    world.allGoesWell()
    const { hash = '' } = world.step('restore')
    world.command('approve', { kind: 'person', id: 'mori', verified: true }, { step: 'restore', hash })
    world.allGoesWell()
    const { exit, err, orders } = await at(world, ['restore', 'discard', 'shodo-42'])
    assert.deepEqual([exit, orders], [0, [{ type: 'undo', step: 'restore' }]], err)
  })
})

describe('hikeshi show of an incident with a copy', () => {
  const restored = (answers: (world: World) => void = (world) => world.allGoesWell()) => {
    const world = incidentOf('postgres.restore', 'postgres.cut-over')
    world.command('run', sato, { step: 'restore', with: { target } })
    world.allGoesWell()
    const { hash = '' } = world.step('restore')
    world.command('approve', { kind: 'person', id: 'mori', verified: true }, { step: 'restore', hash })
    answers(world)
    return world
  }
  const shown = async (world: World, lang: string) =>
    (await at(world, ['show', 'shodo-42', '--lang', lang])).out.replace(/ +/g, ' ')

  it('says that it is verified and stays, and what one does with it', async () => {
    const en = await shown(restored(), 'en')
    assert.match(en, /Copy of restore, verified; it stays until it is cut over or discarded/)
    assert.match(en, /hikeshi restore cut-over shodo-42\n hikeshi restore discard shodo-42/)
    assert.match(
      await shown(restored(), 'ja'),
      /コピー restore が作成、検証済み。切り替えるか破棄するまで残ります/,
    )
  })

  it('says how to go back once it is in use, and until when', async () => {
    const world = restored()
    const step = world.step('restore')
    const until = '2026-11-30T03:00:00.000Z'
    const done = { says: { en: 'd', ja: 'd' }, already: false, after: { keptUntil: until } }
    const cutOver = { ...step, id: 'cut-over', step: 'cut-over', kind: 'postgres.cut-over', done }
    world.state = { ...world.state, steps: { ...world.state.steps, 'cut-over': cutOver } }
    const en = await shown(world, 'en')
    assert.match(
      en.replace(/\s+/g, ' '),
      /Copy is the live database since cut-over; the way back, until 2026-11-30 .*: hikeshi undo shodo-42 cut-over/,
    )
    assert.doesNotMatch(en, /restore discard/)
  })
})

describe('hikeshi restore points', () => {
  const looked: StepLook = {
    runbook: 'shodo',
    version: 3,
    timezone: 'Asia/Tokyo',
    service: 'database',
    step: 'points',
    kind: 'postgres.restore-points',
    tookMs: 1_200,
    result: { ok: true, reading: { facts: { from: target }, findings: [], text: 'window: …' } },
  }
  async function points(argv: readonly string[], result = looked.result) {
    const asked: Parameters<DirectIncidents['read']>[0][] = []
    const door = await openDoor({
      read: async (order) => {
        asked.push(order)
        return { ...looked, result }
      },
    })
    try {
      return { ...(await over(door.url, ['restore', 'points', ...argv])), asked }
    } finally {
      await door.close()
    }
  }

  it('reads without an incident, near the instant that was typed', async () => {
    const { exit, out, err, asked } = await points(['--service', 'database', '--near', typed])
    assert.deepEqual([exit, out], [0, 'shodo points  1s\n\nwindow: …\n'], err)
    assert.match(err, /^Near 2024-01-20 14:30:00 JST \(2024-01-20 05:30:00 UTC\)\n$/)
    assert.deepEqual(asked, [
      { kind: 'postgres.restore-points', service: 'database', with: { near: target } },
    ])
    const { out: data } = await points(['--runbook', 'shodo', '-o', 'json'])
    const { result: _, ...rest } = looked
    assert.deepEqual(JSON.parse(data), {
      ...rest,
      reading: { facts: { from: target }, findings: [], text: 'window: …' },
    })
  })

  it('ends with the exit code of what it was refused with', async () => {
    const why = failure('unknown-connection', { kind: 'pgbackrest', connection: 'x', known: '-' })
    const { exit, out, err } = await points([], { ok: false, failure: why })
    assert.deepEqual([exit, out], [3, ''])
    assert.match(err, /^HK209 /)
    assert.equal((await points(['--near', 'noon'])).exit, 2)
    // As with the target of a restore: whose zone is meant nobody guesses.
    const bare = await points(['--near', '2024-01-20 14:30:00'])
    assert.deepEqual([bare.exit, bare.asked], [2, []])
    assert.match(bare.err, /^HK111 /)
  })
})

describe('hikeshi restore salvage', () => {
  it('says rows by conditions without SQL', async () => {
    const world = incidentOf('postgres.salvage')
    const { runbook } = world.state
    const symptoms = runbook.book.symptoms.map((symptom) => ({
      ...symptom,
      steps: symptom.steps.map((step) =>
        step.kind === 'postgres.salvage' ? { ...step, with: { table: 'public.orders' } } : step,
      ),
    }))
    world.state = { ...world.state, runbook: { ...runbook, book: { ...runbook.book, symptoms } } }
    const where = ['--where', 'customer_id in 7, 8', '--where', 'note = a,b', '--where', 'gone IS NULL']
    const argv = ['restore', 'salvage', 'shodo-42', '--table', 'public.items', ...where]
    const { exit, err, orders } = await at(world, argv)
    assert.equal(exit, 0, err)
    const rows = [
      { column: 'customer_id', is: 'in', values: ['7', '8'] },
      { column: 'note', is: '=', values: ['a,b'] },
      { column: 'gone', is: 'is null', values: [] },
    ]
    assert.deepEqual(orders, [{ type: 'run', step: 'salvage', with: { table: 'public.items', rows } }])
    const sql = await at(world, ['restore', 'salvage', 'shodo-42', '--where', '1=1; drop table x'])
    assert.deepEqual([sql.exit, sql.orders], [2, []], sql.err)
  })
})
