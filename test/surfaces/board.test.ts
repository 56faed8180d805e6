/** `hikeshi watch` without an incident, through an API whose answers are in the test's hand. */
import assert from 'node:assert/strict'
import stringWidth from 'string-width'
import { runCli } from '../../client/doors/cli/program.ts'
import { openBoard } from '../../client/incidents/board.ts'
import type { DirectIncidents } from '../../client/incidents/incidents.ts'
import { type Overview, overviewOf, overviewParts } from '../../domain/diagnosis/overview.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import type { Finding } from '../../domain/steps/contract.ts'
import { refused } from '../../edge/refused.ts'
import { finding, reading } from '../domain/incident/hands.ts'
import { smallRunbook } from '../domain/incident/small-runbook.ts'
import { sato, World } from '../domain/incident/world.ts'
import { openDoor } from './api-door.ts'
import { hikeshi } from './cli-process.ts'

const runbook = smallRunbook()

function looked(...findings: readonly Finding[]): Overview {
  const parts = Object.fromEntries(
    overviewParts(runbook).map(({ id }): [string, PartResult] => [
      id,
      { ok: true, reading: reading(...(id === 'pods' ? findings : [])) },
    ]),
  )
  return overviewOf(runbook, { parts, tookMs: 900 }, Date.now())
}

const desks: Partial<DirectIncidents> = {
  desks: async () => [{ desk: 'shodo', services: ['backend', 'frontend'] }],
  desk: async () => {
    throw refused('no-worker', { queue: 'incidents' })
  },
}

/** An incident whose first level was called. */
function paged(): World {
  const world = new World({ symptom: '5xx', severity: 'CRITICAL', atMs: Date.now() - 20 * 60_000 })
  world.wait(20 * 60_000)
  world.allGoesWell()
  return world
}

function open(world: World): Partial<DirectIncidents> {
  const { id, service, severity, phase, declaredAtMs } = world.state
  const startedAt = new Date(declaredAtMs).toISOString()
  const listed = { incident: id, runbook: 'shodo', service, severity, phase, startedAt }
  return {
    list: async () => [
      { ...listed, symptom: '5xx' },
      { ...listed, incident: 'other-7', runbook: 'other' },
    ],
    show: async () => ({
      source: 'worker',
      state: world.state,
      head: { seq: 1, hash: '' },
      earlierRuns: [],
    }),
  }
}

async function watched(
  expected: Partial<DirectIncidents>,
  argv: readonly string[],
  options: { readonly terminal?: number } = {},
) {
  const door = await openDoor({ ...desks, ...expected })
  try {
    const env = { HIKESHI_API_URL: door.url, HIKESHI_API_TOKEN: 'x' }
    return await hikeshi(['watch', ...argv], { ...options, env })
  } finally {
    await door.close()
  }
}

const troubled = async () => looked(finding('crash-loop'))

describe('hikeshi watch without an incident', () => {
  it('tells how each service stands and how old that is, what is open and who was called', async () => {
    const world = paged()
    const { exit, out, err } = await watched({ overview: troubled, ...open(world) }, ['--times', '1'])
    assert.equal(exit, 0, err)
    assert.match(out, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d JST, every 5s\n/)
    assert.match(out, /^shodo v1\nCalled first: team-lead \(tanaka\)$/m)
    assert.match(out, /^backend +PROBLEM +\d+s +crash-loop at deployment\/shodo\/shodo-backend$/m)
    assert.match(out, /^frontend +healthy +\d+s +/m)
    assert.match(out, /^shodo-42 +CRITICAL .*backend\/5xx +nobody +team-lead \d+m/m)
    assert.doesNotMatch(out, /other-7/)
    assert.doesNotMatch(out, /\u001b/)
  })

  it('does not say that nobody is on an incident of which no worker tells', async () => {
    const show = async () => {
      throw refused('no-worker', { queue: 'incidents' })
    }
    const told = { overview: troubled, ...open(paged()), show }
    const { out } = await watched(told, ['--times', '1'])
    assert.match(out, /^shodo-42 +CRITICAL .*backend\/5xx +unknown +unknown/m)
  })

  it('is one line of JSON for each snapshot, with moments in place of ages', async () => {
    const { exit, out } = await watched({ overview: troubled, ...open(paged()) }, [
      '--times',
      '1',
      '-o',
      'json',
    ])
    assert.deepEqual([exit, out.trimEnd().split('\n').length], [0, 1])
    const { services, incidents, onCall, troubles } = JSON.parse(out)
    assert.deepEqual(
      services.map(({ runbook, service, standing }: Record<string, string>) => [runbook, service, standing]),
      [
        ['shodo', 'backend', 'troubled'],
        ['shodo', 'frontend', 'healthy'],
      ],
    )
    assert.ok(services.every(({ at }: { at: string }) => Math.abs(Date.parse(at) - Date.now()) < 60_000))
    assert.deepEqual([incidents.open.length, incidents.open[0].called[0].level], [1, 'team-lead'])
    assert.equal(onCall[0].runbook, 'shodo')
    assert.deepEqual(troubles, [])
  })

  it('fits into 80 columns in both languages, and draws over itself on a terminal', async () => {
    const long = {
      ...finding('crash-loop'),
      says: { en: 'crashes '.repeat(30), ja: '再起動を繰り返す'.repeat(30) },
    }
    for (const lang of ['en', 'ja']) {
      const { out } = await watched(
        { overview: async () => looked(long), ...open(paged()) },
        ['--times', '1', '--lang', lang],
        { terminal: 80 },
      )
      assert.ok(out.startsWith('\u001b[2J\u001b[H'))
      const lines = out.replace(/\u001b\[[\d;]*[A-Za-z]/g, '').split('\n')
      for (const line of lines) assert.ok(stringWidth(line) <= 80, `${lang}: ${line}`)
      assert.match(out, lang === 'ja' ? /問題あり.*再起動/ : /PROBLEM.*crashes/)
    }
  })

  it('says unknown, and why, where nobody looks; what fails ends nothing', async () => {
    const nobody = async (): Promise<never> => {
      throw refused('no-worker', { queue: 'cluster/lab' })
    }
    const { exit, out } = await watched({ overview: nobody, list: nobody }, ['--times', '1'])
    assert.equal(exit, 0)
    assert.match(out, /^HK506: /m)
    assert.match(out, /^backend +unknown +- +not looked at$/m)
    assert.match(out, /^Open incidents\n {2}HK506 .*not looked at/m)
    assert.doesNotMatch(out, /healthy|No open incidents/)
  })

  it('looks at one service, by its name with or without that of its runbook', async () => {
    const asked: unknown[] = []
    const overview = async (order: unknown) => {
      asked.push(order)
      return looked()
    }
    for (const word of ['backend', 'shodo/backend', 'shodo'])
      assert.equal((await watched({ overview, list: async () => [] }, [word, '--times', '1'])).exit, 0)
    const one = { runbook: 'shodo', service: 'backend' }
    assert.deepEqual(asked, [one, one, { runbook: 'shodo' }])
    const { exit, err } = await watched({}, ['shodo/bakend'])
    assert.equal(exit, 3)
    assert.match(err, /shodo\/backend/)
  })

  it('takes no pause that would be a load, and nothing of an incident', async () => {
    for (const argv of [
      ['--every', '1s'],
      ['--every', 'x'],
      ['--times', '0'],
      ['--from', '3'],
    ]) {
      const { exit, err } = await watched({}, argv)
      assert.deepEqual([exit, err.includes(argv[0] ?? '')], [2, true], argv.join(' '))
    }
  })

  it('is not what an incident is followed with: its flags are refused there', async () => {
    for (const argv of [
      ['--every', '5s'],
      ['--times', '2'],
    ]) {
      const { exit, err } = await watched(open(paged()), ['shodo-1', ...argv])
      assert.deepEqual([exit, err.includes(`HK101 ${argv[0]}`)], [2, true], argv.join(' '))
    }
  })

  it('ends whole at Ctrl-C, with the exit code of a signal', async () => {
    const door = await openDoor({ ...desks, overview: troubled, list: async () => [] })
    const told = new AbortController()
    const written: string[] = []
    const out = {
      isTTY: true,
      columns: 80,
      rows: 24,
      write: (text: string) => {
        written.push(text)
        told.abort('SIGINT')
      },
    }
    const exit = await runCli(['watch'], {
      out,
      err: { write: () => undefined },
      stdin: Object.assign((async function* () {})(), { isTTY: true }),
      env: { LANG: 'C', HIKESHI_API_URL: door.url, HIKESHI_API_TOKEN: 'x' },
      signal: told.signal,
      version: 'test',
    })
    await door.close()
    assert.equal(exit, 130)
    assert.equal(written.length, 1)
    assert.ok(written[0]?.endsWith('\n\u001b[J'))
  })
})

describe('a board', () => {
  it('asks nothing again that has not answered yet', async () => {
    const answers: (() => void)[] = []
    const asked = { overview: 0, list: 0 }
    const board = openBoard(
      {
        overview: () => {
          asked.overview += 1
          return new Promise((resolve) => answers.push(() => resolve(looked())))
        },
        list: async () => {
          asked.list += 1
          return []
        },
        show: () => assert.fail(),
      },
      [{ runbook: 'shodo', services: ['backend'] }],
    )
    const first = board.refresh()
    await board.refresh()
    await board.refresh()
    assert.equal(asked.overview, 1)
    answers.shift()?.()
    await first
    assert.equal(board.now().systems[0]?.rows[0]?.standing, 'healthy')
    const again = board.refresh()
    answers.shift()?.()
    await again
    assert.equal(asked.overview, 2)
  })

  it('keeps what it knew with its age when the next look fails, and the people who are on it', async () => {
    const world = paged()
    world.command('acknowledge', sato, {})
    let fails = false
    const told = open(world)
    const ask = <T>(answer: () => Promise<T>) => {
      if (fails) throw refused('temporal-unreachable', { address: 'x', reason: 'gone' })
      return answer()
    }
    const board = openBoard(
      {
        overview: async () => ask(async () => looked()),
        list: async () => ask(async () => (await told.list?.()) ?? []),
        show: async () => ask(async () => (await told.show?.('shodo-42')) ?? assert.fail()),
      },
      [{ runbook: 'shodo', services: ['backend', 'frontend'] }],
    )
    await board.refresh()
    assert.equal(board.now().open.newest[0]?.acknowledgedBy, 'sato')
    fails = true
    await board.refresh()
    const { systems, open: incidents } = board.now()
    assert.deepEqual(
      systems[0]?.rows.map(({ standing, last }) => [standing, last?.standing]),
      [
        ['unknown', 'healthy'],
        ['unknown', 'healthy'],
      ],
    )
    assert.deepEqual(
      [systems[0]?.trouble?.code, incidents.trouble?.code, incidents.newest.length],
      ['HK501', 'HK501', 1],
    )
  })
})
