/** What is on the disk decides how far an exchange is: no folder that is missing is taken for one that was moved, and nothing that cannot be read for nothing. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kubernetes } from '../../activities/kubernetes/api/client.ts'
import { bisectHand } from '../../activities/pgbackrest/bisect/bisect.ts'
import { contentOf, copyNamed, exists } from '../../activities/pgbackrest/copy.ts'
import { claimForDrill } from '../../activities/pgbackrest/drill/drill-claim.ts'
import { cutBackHand } from '../../activities/pgbackrest/exchange/cut-back.ts'
import {
  type Journal,
  journalFile,
  readJournal,
  writeJournal,
} from '../../activities/pgbackrest/exchange/journal.ts'
import { exchange, holding, swap } from '../../activities/pgbackrest/exchange/swap.ts'
import type { At, Place } from '../../activities/pgbackrest/place.ts'
import { localStation } from '../../activities/pgbackrest/station/local-station.ts'
import type { Station } from '../../activities/pgbackrest/station/station.ts'
import { withPulse } from '../../activities/pulse.ts'
import { isRefusal, refusal } from '../../activities/refusal.ts'
import { context } from '../activities/signed-calls.ts'

const refusedAs = (
  name: 'precondition-failed' | 'restore-refused' | 'command-failed' | 'drill-yielded',
  says: RegExp,
) => {
  return (error: unknown) => {
    assert.match(String(error), says)
    return isRefusal(error, name)
  }
}

describe('the folders of an exchange', () => {
  let folder = ''
  let at: At
  let kept = ''
  let incoming = ''
  const copy = 'shodo-1.restore'
  const journal = (): Journal => ({
    v: 1,
    stepRun: 'shodo-1/cut-over',
    change: '{}',
    system: '7',
    incoming,
    outgoing: kept,
    runner: { uid: 'u', replicas: 1 },
    replicas: {},
    timelineBefore: 1,
    phases: { begun: '2026-11-24T03:00:00Z' },
  })
  const settings = () => at.settings
  const place = () => ({ of: () => at }) as unknown as Place
  const made = (path: string, mark: string) => {
    mkdirSync(path, { recursive: true })
    writeFileSync(`${path}/PG_VERSION`, mark)
  }
  const markOf = (path: string) => readFileSync(`${path}/PG_VERSION`, 'utf8')

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hikeshi-folders-'))
    at = {
      station: localStation([]),
      settings: {
        stanza: 'main',
        dataFolder: `${folder}/data`,
        copiesFolder: `${folder}/copies`,
      } as At['settings'],
      beside: {
        livePods: async () => 0,
        whyDown: async () => undefined,
        leave: async () => {},
        rest: async () => {},
      },
    }
    kept = `${copyNamed(settings(), copy).folder}/kept`
    incoming = copyNamed(settings(), copy).data
    mkdirSync(copyNamed(settings(), copy).folder, { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('are told by a journal that is whole or not there, also where its writer dies while handing it over', async () => {
    const file = journalFile(copyNamed(settings(), copy), 'cutOver')
    for (const arrived of [0, 20]) {
      const { station } = at
      const dies: Station = {
        ...station,
        exec: (argv, how) =>
          station.exec(argv, { ...how, ...(how?.input && { input: how.input.slice(0, arrived) }) }),
      }
      await assert.rejects(writeJournal({ ...at, station: dies }, file, journal()))
      assert.equal(await readJournal(at, copyNamed(settings(), copy), 'cutOver'), undefined)
    }
    const whole = { ...journal(), change: '{"名":"前"}' }
    await writeJournal(at, file, whole)
    assert.deepEqual(await readJournal(at, copyNamed(settings(), copy), 'cutOver'), whole)
  })

  it('are exchanged once, and that is seen again', async () => {
    made(settings().dataFolder, 'old')
    made(incoming, 'new')
    await exchange(at, journal())
    await exchange(at, journal())
    assert.deepEqual([markOf(settings().dataFolder), markOf(kept)], ['new', 'old'])
  })

  it('are not said to be exchanged where the incoming one is missing and none was kept', async () => {
    made(settings().dataFolder, 'old')
    await assert.rejects(exchange(at, journal()), refusedAs('precondition-failed', /kept: it is missing/))
    made(kept, 'older')
    rmSync(settings().dataFolder, { recursive: true })
    await assert.rejects(exchange(at, journal()), refusedAs('precondition-failed', /data: it is missing/))
  })

  it('are exchanged where there is no live one any more, and that is seen again as well', async () => {
    made(incoming, 'new')
    await exchange(at, journal())
    await exchange(at, journal())
    assert.equal(markOf(settings().dataFolder), 'new')
    assert.equal(existsSync(`${kept}/PG_VERSION`), false)
  })

  it('stay where they are, and it is said, when somebody makes a folder where one should go', async () => {
    made(incoming, 'new')
    made(settings().dataFolder, 'old')
    const { station } = at
    const exec: Station['exec'] = async (argv, how) => {
      if (argv[0] !== 'mv') return station.exec(argv, how)
      made(argv.at(-1) ?? '', 'of somebody')
      await station.exec(argv, how)
      // As mv says it before coreutils 9.2.
      return { status: 0, stdout: '', stderr: '' }
    }
    const beaten = exchange({ ...at, station: { ...station, exec } }, journal())
    await assert.rejects(beaten, refusedAs('precondition-failed', /data was not moved/))
    assert.deepEqual([markOf(settings().dataFolder), markOf(incoming)], ['old', 'new'])
  })

  it('are not those of a cut-back where nothing is kept, or nothing tells of a cut-over', async () => {
    const change = { stanza: 'main', kept, keeps: `${kept}.undone`, system: '7', cutOverAt: 'then' }
    const plan = { target: 'postgres/main', change } as never
    const run = () => cutBackHand(place()).run({ backups: 'b', copy }, plan, context)
    made(kept, 'old')
    await assert.rejects(run(), refusedAs('restore-refused', /is not kept any longer/))
    await writeJournal(at, journalFile(copyNamed(settings(), copy), 'cutOver'), journal())
    rmSync(kept, { recursive: true })
    await assert.rejects(run(), refusedAs('restore-refused', /is not kept any longer/))
  })

  it('keep a bisect and a drill from beginning while they are on their way', async () => {
    await writeJournal(at, journalFile(copyNamed(settings(), copy), 'cutOver'), journal())
    const params = { backups: 'b', checks: [], zone: 'UTC' }
    const unfinished = refusedAs('restore-refused', /shodo-1\.restore is not finished/)
    await assert.rejects(bisectHand(place()).plan(params, context, undefined), unfinished)
    await assert.rejects(
      claimForDrill(at, 'drill/shodo/b', async () => false),
      // That calls nobody.
      refusedAs('drill-yielded', /gave way to the cut-over or cut-back of shodo-1\.restore/),
    )
    await at.station.exec([
      'ln',
      '-s',
      '-T',
      '--',
      'drill/shodo/b',
      `${settings().copiesFolder}/main.current`,
    ])
    await claimForDrill(at, 'drill/shodo/b', async () => false)
  })

  it('have a journal that is not taken for none where it cannot be read', async () => {
    const named = copyNamed(settings(), copy)
    assert.equal(await readJournal(at, named, 'cutOver'), undefined)
    mkdirSync(journalFile(named, 'cutOver'))
    await assert.rejects(readJournal(at, named, 'cutOver'), refusedAs('command-failed', /cat failed/))
    const ended: Station = { ...at.station, exec: async () => ({ status: 137, stdout: '', stderr: '' }) }
    await assert.rejects(exists(ended, folder), refusedAs('command-failed', /exit 137/))
    await assert.rejects(contentOf(ended, folder), refusedAs('command-failed', /exit 137/))
  })

  it('are left by the pod beside them before the live one is wanted again, and that one may take its time', async () => {
    made(settings().dataFolder, 'new')
    const order: string[] = []
    let looks = 0
    const status = { recovering: false, system: '7', timeline: 2, lsn: '0/1', data: '-', nowMs: 1 }
    const exec: Station['exec'] = async (argv, how) => {
      if (argv[0] === 'cat') {
        looks += 1
        if (looks < 3)
          throw refusal('job-not-ready', { job: 'j', reason: 'it has no node yet', namespace: 'shodo' })
        return { status: 0, stdout: `1\n/data\n0\n5432\n/run\n`, stderr: '' }
      }
      if (argv[0]?.endsWith('/psql')) return { status: 0, stdout: JSON.stringify(status), stderr: '' }
      return at.station.exec(argv, how)
    }
    const kubernetes = {
      call: async ({ verb }: { readonly verb: string }) => {
        order.push(verb)
      },
    } as unknown as Kubernetes
    const live: At = {
      station: { ...at.station, exec },
      settings: { ...settings(), statefulSet: 'postgres-primary', superuser: 'postgres' },
      beside: {
        livePods: async () => 1,
        whyDown: async () => undefined,
        leave: async () => {
          order.push('leave')
        },
        rest: async () => {},
      },
    }
    const now = '2026-11-24T03:00:00Z'
    const phases = { begun: now, told: now, stopped: now, exchanged: now, replicas: now, backup: now }
    const file = `${folder}/journal.json`
    const finished = await swap({ kubernetes } as unknown as Place, live, context, {
      file,
      journal: { ...journal(), phases },
      prepare: async () => assert.fail('it is told already'),
      tasks: folder,
    })
    // Once more afterwards: whoever looked in between had one made on any node.
    assert.deepEqual(order, ['leave', 'patch', 'leave'])
    assert.equal(finished.timeline, 2)
    assert.equal(looks > 2, true)
  })
})

describe('the pod of a live database that does not start', () => {
  it('is told after a minute, to those who look and to the people on the incident, and no sooner', async () => {
    let nowMs = 0
    let why: string | undefined
    let asked = 0
    const beside = {
      livePods: async () => 1,
      whyDown: async () => {
        asked += 1
        return why
      },
      leave: async () => {},
      rest: async () => {},
    }
    const told: string[] = []
    const { signal } = new AbortController()
    await withPulse({ signal, beat: () => {}, heldUp: ({ en }) => told.push(en) }, async () => {
      const holds = holding({ beside }, () => nowMs)
      why = 'Multi-Attach error'
      assert.equal(await holds(), undefined)
      nowMs = 59_000
      assert.deepEqual([await holds(), asked], [undefined, 0])
      nowMs = 61_000
      assert.equal(await holds(), 'Multi-Attach error')
      // It is said in between as well, and Kubernetes is not asked each time.
      assert.deepEqual([await holds(), asked], ['Multi-Attach error', 1])
      why = undefined
      nowMs = 90_000
      assert.deepEqual([await holds(), asked], [undefined, 2])
    })
    assert.deepEqual(told, ["the database's pod does not start: Multi-Attach error"])
    assert.equal(await holding({})(), undefined)
  })
})
