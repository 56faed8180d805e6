/** What the seed's programs print inside containers, beside the facts of ours or what our reading keeps of it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Gpu } from '../../activities/ai-server/gpu-lines.ts'
import type { GpuProcess } from '../../activities/ai-server/gpu-overview.ts'
import type { ListedFile } from '../../activities/ai-server/listing.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import { said } from '../../domain/words.ts'
import { find } from '../../lab/exec/machine.ts'
import { healLab, type Lab } from '../../lab/index.ts'
import { carriedBy } from '../../wire/carried.ts'
import { workerHands } from '../activities/kubernetes/world.ts'
import { context, factsOf } from '../activities/postgres/reach.ts'
import { sharedLab } from '../lab/shared.ts'
import { skipBecause, skipWithout } from '../lab/skip.ts'
import { describeWithKubectl, kubectlIn } from './kubectl.ts'
import { assertNear, inOneMoment } from './one-moment.ts'

const execRead = catalogue['kubernetes.exec-read'].params
const [aiServer, backend] = ['deployment/shodo-ai-server', 'deployment/shodo-backend']

describeWithKubectl('all that the seed’s programs print in containers is in our readings', () => {
  let lab: Lab
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'exec')
    await healLab(lab)
  })

  async function seed(place: string, ...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await kubectlIn(lab, 'shodo', 'exec', place, '--', ...argv)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const hands = () => workerHands(lab)
  const read = (params: unknown) => hands()['kubernetes.exec-read'](execRead.parse(params), context())

  it('ls -la /models/: mode, links, owner, group, size, time and name of every file', async () => {
    const asked = { deployment: 'shodo-ai-server', path: '/models/', expect: [], minBytes: 1 }
    const { ours, theirs } = await inOneMoment({
      ours: () => hands()['ai-server.models'](asked, context()),
      theirs: () => seed(aiServer, 'ls', '-la', '/models/'),
    })
    const files = factsOf(ours).files as unknown as readonly ListedFile[]
    const lines = theirs.trimEnd().split('\n')
    // The total and the two folders are no files; the text has them as all else.
    assert.equal(files.length, lines.length - 3)
    for (const line of lines) {
      assert.ok(said(ours.text).en.includes(line), line)
      const [mode = '', links, owner, group, size, month, day, time, name = ''] = line.split(/ +/)
      if (mode === 'total' || name === '.' || name === '..') continue
      const own = files.find((file) => file.name === name)
      assert.deepEqual(
        [own?.mode, own?.links, own?.owner, own?.group, own?.bytes, own?.changed],
        [mode, Number(links), owner, group, Number(size), `${month} ${day} ${time}`],
        line,
      )
    }
  })

  it('nvidia-smi: every cell of its table, and the processes', async () => {
    const gpuAsked = { deployment: 'shodo-ai-server', gpus: 1, fullFromPercent: 95 }
    const table = await seed(aiServer, 'nvidia-smi')
    const facts = factsOf(await hands()['ai-server.gpu'](gpuAsked, context()))
    const [, smi, driver, cuda] =
      /NVIDIA-SMI (\S+) +Driver Version: (\S+) +CUDA Version: (\S+)/.exec(table) ?? []
    const gpus = facts.gpus as unknown as readonly Gpu[]
    assert.deepEqual([facts.smi, facts.cuda], [smi, cuda])
    const seen = [...table.matchAll(gpuLines)]
    assert.equal(seen.length, gpus.length)
    for (const [lines, ...cells] of seen) {
      const [index, name = '', persistence, busId = '', display, ecc, fan, celsius, state, ...rest] = cells
      const [watts, wattsLimit, memory, memoryTotal, used, computeMode, mig] = rest
      const own = gpus.find((gpu) => gpu.index === Number(index))
      assert.ok(own, lines)
      // The table cuts long names; on and off are longer words in the query.
      assert.ok(own.name.startsWith(name.trim().replace(/\.\.\.$/, '')), lines)
      assert.deepEqual(
        [own.driver, onOff(own.persistence), own.busId?.toLowerCase(), onOff(own.display), own.powerState],
        [driver, persistence, busId.toLowerCase(), display, state],
        lines,
      )
      assert.deepEqual(
        [own.eccUncorrected, own.memoryTotalMib, own.mig ?? 'N/A'],
        [figure(ecc), figure(memoryTotal), mig],
        lines,
      )
      assert.equal(own.computeMode?.startsWith(computeMode?.replace('E.', 'Exclusive_') ?? ''), true, lines)
      // What moves while a GPU works, and what the table rounds.
      for (const [value, theirs, by] of [
        [own.fanPercent, figure(fan), 10],
        [own.celsius, figure(celsius), 5],
        [own.powerWatts, figure(watts), 100],
        [own.powerLimitWatts, figure(wattsLimit), 1],
        [own.memoryUsedMib, figure(memory), 1_024],
        [own.usedPercent, figure(used), 100],
      ] as const) {
        if (theirs === null) assert.equal(value, null, lines)
        else assertNear(value, theirs, { by }, lines)
      }
    }
    const processes = facts.processes as unknown as readonly GpuProcess[]
    for (const [line, gpu, pid, type, memory] of table.matchAll(processLines)) {
      const own = processes.find((process) => process.pid === Number(pid))
      assert.deepEqual([own?.gpu, own?.type, own?.memoryMib], [Number(gpu), type, Number(memory)], line)
      assert.ok(own !== undefined && line.includes(own.name.slice(-10)), line)
    }
  })

  it('python: whether the backend reaches its database, and the audit log, word for word', async function () {
    if (find('python3') === undefined) skipBecause(this, 'there is no python3 on this machine')
    for (const step of ['database-from-backend', 'quick-audit']) {
      const params = execRead.parse(publishedStep(step))
      const [ours, theirs] = [said((await read(params)).text).en, await seed(backend, ...params.argv)]
      // How long it took is another figure each time.
      const timeless = (text: string) => text.replace(/('latency_ms': )[\d.]+/, '$1…')
      assert.equal(timeless(said(ours).en), timeless(theirs))
      assert.ok(said(ours).en.length > 10)
    }
  })

  it('netstat: the number of established connections', async function () {
    if (find('netstat') === undefined) skipBecause(this, 'there is no netstat on this machine')
    const ours = async () => {
      const facts = factsOf(
        await hands()['kubernetes.connections']({ deployment: 'shodo-backend', pods: 1 }, context()),
      )
      const [pod] = facts.pods as unknown as readonly { counts: { established: number } }[]
      return pod?.counts.established
    }
    // One round of the seed's endless loop. Of the same lines those of UDP are not connections.
    const lines = await seed(backend, 'sh', '-c', 'netstat -an | grep ESTABLISHED')
    const theirs = lines.split('\n').filter((line) => /^tcp/.test(line)).length
    assert.ok(theirs > 0)
    // The pods of the lab share the machine's network, where connections come and go all the time.
    assertNear(await ours(), theirs, { by: 30, percent: 20 }, 'established')
  })

  it('pg_waldump: as the seed writes it, no start; as the runbook has it, the commits to go back to', async function () {
    skipWithout(this, lab, 'postgres')
    const primary = { pod: 'postgres-primary-0' }
    const folder = ['pg_waldump', '-p', '/var/lib/postgresql/data/pg_wal']
    await assert.rejects(read({ ...primary, argv: [...folder, '-t', '1'] }), (error) => {
      const failure = carriedBy(error)
      assert.equal(failure?.name, 'program-failed')
      assert.match(said(failure?.params.reason).en, /no start WAL location given/)
      return true
    })

    // A commit that changed many tables is a line of its own size: the newest must find room beside it.
    await lab.databases.primary(
      "do $$ begin for i in 1..60 loop execute format('create table recovery_%s (id int primary key)', i); execute format('drop table recovery_%s', i); end loop; end $$",
    )
    const [from] = await lab.databases.primary('select pg_current_wal_flush_lsn()::text as lsn')
    const commits: string[] = []
    for (let i = 0; i < 3; i++) {
      const [own] = await lab.databases.primary(
        "insert into visits values ('/recovery', 1) on conflict (page) do update set count = visits.count + 1 returning pg_current_xact_id()::text as xid",
      )
      commits.push(`tx: *${own?.xid}, .* desc: COMMIT \\d{4}-`)
    }
    const [to] = await lab.databases.primary('select pg_current_wal_flush_lsn()::text as lsn')
    const argv = [...folder, '-r', 'Transaction', '-s', String(from?.lsn), '-e', String(to?.lsn)]
    const ours = said((await read({ ...primary, argv })).text).en
    assert.equal(ours, await seed('postgres-primary-0', ...argv))
    const published = await read(publishedStep('quick-recovery-points'))
    for (const commit of commits) {
      assert.match(ours, new RegExp(commit))
      assert.match(said(published.text).en, new RegExp(commit))
    }
  })
})

const gpuLines =
  /^\| +(\d+) +(\S.*?) +(On|Off) +\| +(\S+) (On|Off) +\| +(\S+) +\|\n\| *(\S+) +(\S+) +(P\d+) +(\S+) *\/ *(\S+) +\| +(\S+) *\/ *(\S+) +\| +(\S+) +(\S+) +\|\n\|[ ]+\|[ ]+\| +(\S+) +\|$/gm
const processLines = /^\| +(\d+) +\S+ +\S+ +(\d+) +(\S+) +\S.* +(\d+)MiB +\|$/gm

/** `41C`, `31W`, `9216MiB`, `12%`, `N/A`. */
function figure(cell: string | undefined): number | null {
  const found = /^\d+/.exec(cell ?? '')?.[0]
  return found === undefined ? null : Number(found)
}

function onOff(word: string | null): string {
  return word === 'Enabled' ? 'On' : 'Off'
}

/** The parameters of a step of shodo's runbook, as they are published. */
function publishedStep(id: string): unknown {
  const found = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return undefined
    if ('id' in value && value.id === id && 'with' in value) return value.with
    return Object.values(value)
      .map(found)
      .find((one) => one !== undefined)
  }
  return found(parse(readFileSync('runbooks/shodo.yaml', 'utf8'))) ?? assert.fail(`no step ${id}`)
}
