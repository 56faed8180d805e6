/** The document that hikeshi grew from, imported as it is, runs an incident; of its runbook only the service's address is changed. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { type IncidentState, leftToDo } from '../../domain/incident/fold/state.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { hikeshi } from '../surfaces/cli-process.ts'
import { ofType, proposed, scratch, until, verified, type World, world } from './world.ts'

/** A name of its own: other tests publish under `shodo`. */
const system = `imported-${process.pid}`

/** A reading that got no answer is tried again by itself. */
const newest = (steps: IncidentState['steps'], step: string) =>
  Object.values(steps).findLast((run) => run.step === step)

describe('the runbook that was imported', function () {
  this.timeout(240_000)
  let here: World
  before(async () => {
    here = await world()
    await healLab(here.lab)
  })
  after(() => healLab(here.lab))

  const told = async (...argv: string[]): Promise<string> => {
    const { exit, out, err } = await hikeshi(argv, { env: here.lab.env })
    assert.equal(exit, 0, `${argv.join(' ')}: ${out}${err}`)
    return out
  }
  const data = async <T>(...argv: string[]): Promise<T> => JSON.parse(await told(...argv, '-o', 'json')) as T

  /** Imported as it is, checked and published; then only the service's address is the lab's. */
  const published = () =>
    scratch(async (dir) => {
      const file = join(dir, 'imported.yaml')
      const document = 'test/import/documents/shodo.ja.md'
      await told('runbook', 'import', document, '--name', system, '--to', file)
      const yaml = await readFile(file, 'utf8')
      await writeFile(file, yaml.replaceAll('https://api.shodo.example.com', here.lab.appUrl))
      assert.equal((await data<{ ok: boolean }>('runbook', 'check', file)).ok, true)
      const { runbook, version } = await data<{ runbook: string; version: number }>(
        'runbook',
        'publish',
        file,
      )
      assert.deepEqual([runbook, version], [system, 1])
    })

  it('takes a bad deploy from the declaration to a close that is proven, with the steps that people do themselves', async () => {
    const { client, lab } = here
    await published()
    await breakLab(lab, 'bad-deploy')
    const { incident } = await data<{ incident: string }>(
      ...['declare', '--service', `${system}/backend`, '--symptom', '5xx', '--severity', 'HIGH'],
      ...['--description', '注文APIが500を返す', '--as', 'aoki'],
    )
    assert.match(incident, new RegExp(`^${system}-\\d+$`))

    // The picture, and the readings of the symptom, each as the document has it.
    const read = ['logs', 'rollouts', 'health']
    const { state } = await until(
      client,
      incident,
      'picture and readings',
      ({ state: { situation, steps } }) =>
        situation.taken !== undefined && read.every((step) => newest(steps, step)?.status === 'done'),
    )
    assert.ok(state.findings.some(({ service }) => service === 'backend'))
    assert.deepEqual(newest(state.steps, 'logs')?.params, {
      deployment: 'shodo-backend',
      tail: 500,
      grep: ['ERROR', 'CRITICAL'],
    })

    // The first checklist is the document's; nothing in it says what would tick it, so a person does.
    const { firstResponse } = state.runbook.book
    assert.equal(firstResponse.length, 5)
    for (const { id } of firstResponse) await told('check', incident, id, '--as', 'aoki')

    // What no step could be made of waits for a person, with the command to copy.
    assert.equal(state.steps['by-hand']?.status, 'waiting')
    const shown = await told('show', incident, 'by-hand')
    assert.match(shown, /kubectl exec -n shodo deployment\/shodo-backend -- /)
    assert.match(shown, /check_database_health\(\)/)
    await told('done', incident, 'by-hand', '--saw', 'データベースは正常', '--as', 'aoki')
    await told('done', incident, 'high-by-hand', '--saw', '引用符で囲んで実行', '--as', 'aoki')

    // A change of the document needs another person, as every change does.
    await told('run', incident, 'rollout-undo', '--as', 'aoki')
    const asked = await until(client, incident, 'proposed', proposed('rollout-undo'))
    const hash = asked.state.steps['rollout-undo']?.hash ?? ''
    const own = await hikeshi(['approve', incident, 'rollout-undo', '--hash', hash, '--as', 'aoki'], {
      env: lab.env,
    })
    assert.deepEqual([own.exit, own.err.match(/HK\d+/)?.[0]], [4, 'HK304'])
    await told('approve', incident, 'rollout-undo', '--hash', hash, '--as', 'sato', '--wait')
    await until(client, incident, 'verified', verified('rollout-undo'))
    assert.equal((await fetch(`${lab.appUrl}/health`)).status, 200)
    await until(client, incident, 'it looks recovered', (seen) => seen.state.resolutionProposed)

    // So is the last one, which holds the close up.
    await told('resolve', incident, '--as', 'aoki')
    const refused = await hikeshi(['close', incident, '--as', 'aoki'], { env: lab.env })
    assert.deepEqual([refused.exit, refused.err.match(/HK\d+/)?.[0]], [4, 'HK316'])
    const open = leftToDo((await data<{ state: IncidentState }>('show', incident)).state)
    assert.equal(open.length, 7)
    for (const item of open) await told('check', incident, item, '--as', 'aoki')
    await told('close', incident, '--as', 'aoki')
    await client.workflow.getHandle(incident).result()

    const verdict = await data<{ identical: boolean; events: number }>('replay', incident)
    const events = await data<readonly IncidentEvent[]>('timeline', incident)
    assert.deepEqual([verdict.identical, verdict.events], [true, events.length])
    assert.deepEqual(
      ofType(events, 'step-carried-out').map(({ by, data }) => `${by.id} ${data.run} ${data.saw}`),
      ['aoki by-hand データベースは正常', 'aoki high-by-hand 引用符で囲んで実行'],
    )
  })
})
