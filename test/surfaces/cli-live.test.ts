import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { stringify } from 'yaml'
import { examine } from '../../client/doctor/examine.ts'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { firstBreak, type TimelineEvent } from '../../domain/timeline/chain.ts'
import { hasControlCharacters } from '../../domain/words.ts'
import { breakLab, healLab, labDown, labUp } from '../../lab/index.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { testLabName } from '../lab/shared.ts'
import { aoki, type OpenWorld, openDesk, openWorld, scratch } from '../scenarios/world.ts'
import { hikeshi, type Ran } from './cli-process.ts'

/** A system of its own, with services of its own names, so that no other test's desk answers for them. */
const system = `cli-${process.pid}`
const backend = `backend-${process.pid}`

describe('the command line on a real lab', () => {
  let here: OpenWorld
  let temporal: Temporal

  const run = (
    argv: readonly string[],
    options: { stdin?: string; terminal?: number; env?: Record<string, string> } = {},
  ) => hikeshi(argv, { ...options, env: { ...here.lab.env, ...options.env } })
  const data = async <T = Record<string, unknown>>(...argv: string[]): Promise<T> => {
    const ran = await run([...argv, '-o', 'json'])
    assert.equal(ran.exit, 0, `${argv.join(' ')}: ${ran.err}`)
    return JSON.parse(ran.out) as T
  }
  const declare = async (...more: string[]): Promise<string> => {
    const words = [
      'declare',
      '--service',
      backend,
      '--severity',
      'high',
      '--description',
      '注文APIが500 🔥',
      '--new',
    ]
    return (await data<{ incident: string }>(...words, ...more)).incident
  }
  const refusedWith = async (exit: number, code: string, ...argv: string[]): Promise<Ran> => {
    const ran = await run(argv)
    assert.deepEqual([ran.exit, ran.out, ran.err.match(/HK\d+/)?.[0]], [exit, '', code], ran.err)
    return ran
  }

  before(async () => {
    // A lab of its own: the doctor and the list look at everything there is.
    here = await openWorld(await labUp({ name: testLabName('cli') }))
    await healLab(here.lab)
    temporal = await connect(temporalSettings(here.env))
    const read = await readRunbook('runbooks/shodo.yaml', here.env)
    if (!('book' in read)) throw new Error(JSON.stringify(read))
    const { services, severities, symptoms } = read.book
    const book = {
      ...read.book,
      runbook: system,
      // Under other names, so nothing may refer to the old ones.
      services: {
        [backend]: { ...services.backend, dependsOn: [] },
        [`frontend-${process.pid}`]: services.frontend,
      },
      severities: Object.fromEntries(
        Object.entries(severities).map(([severity, policy]) => [
          severity,
          { ...policy, quick: policy.quick.map(({ service: _, ...step }) => step) },
        ]),
      ),
      symptoms: symptoms
        .filter(({ service }) => service === 'backend')
        .map((symptom) => ({ ...symptom, service: backend })),
    }
    await scratch(async (dir) => {
      const file = join(dir, 'book.yaml')
      await writeFile(file, stringify(book))
      const published = await data('runbook', 'publish', file)
      assert.deepEqual([published.runbook, published.version], [system, 1])
      assert.equal((await data('runbook', 'publish', file)).version, 1)
    })
  })

  after(async () => {
    await temporal.close()
    await here.close()
    await labDown(here.lab.name)
  })

  it('lives through an incident: picture, proposal, another person approves, verified, told, replayed', async () => {
    await breakLab(here.lab, 'bad-deploy')
    const diagnosed = await run(['diagnose', backend], { terminal: 80, env: { NO_COLOR: '1' } })
    assert.equal(diagnosed.exit, 0, diagnosed.err)
    assert.match(diagnosed.out, /Likely symptoms\n {2}1\. 5xx /)
    assert.match(diagnosed.out, new RegExp(`hikeshi declare --service ${backend} --symptom 5xx `))
    for (const line of diagnosed.out.split('\n')) assert.ok(stringWidth(line) <= 80, line)
    assert.doesNotMatch(diagnosed.out, /Also found[\s\S]*keep crashing/)
    await refusedWith(3, 'HK215', 'show', 'open')
    const pods = await data<{ reading: { facts: unknown } }>(
      'read',
      'kubernetes.rollouts',
      '--step',
      'rollouts',
    )
    assert.ok(pods.reading.facts)
    await refusedWith(3, 'HK214', 'read', 'redis.memory', '--runbook', system)
    await refusedWith(2, 'HK101', 'read', 'nothing', '--runbook', system)
    const id = await declare('--symptom', '5xx', '--as', 'kobayashi')
    assert.match(id, new RegExp(`^${system}-\\d+$`))
    await until(async () => /承認待ち 0\/1/.test((await run(['show', id, '--lang', 'ja'])).out))
    const told = await run(['notify', 'open', '--message', '調査中です', '--to', 'oncall'])
    assert.deepEqual([told.exit, told.err], [0, `The open incident: ${id}\n`], told.err)
    await refusedWith(3, 'HK216', 'notify', id, '--message', 'x', '--to', 'board')
    await until(async () => /調査中です/.test((await run(['timeline', id])).out))
    const shown = await run(['show', id], { terminal: 80, env: { NO_COLOR: '1' } })
    assert.match(shown.out, /CrashLoopBackOff since ReplicaSet/)
    for (const line of shown.out.split('\n')) assert.ok(stringWidth(line) <= 80, line)

    const { step: proposed } = await data<{ step: { hash: string } }>('show', id, 'rollback')
    const own = await run(['approve', id, 'rollback', '--as', 'kobayashi', '--hash', proposed.hash])
    assert.deepEqual([own.exit, own.err.match(/HK\d+/)?.[0]], [4, 'HK304'])
    const unseen = await run(['approve', id, 'rollback', '--as', 'tanaka'])
    assert.deepEqual([unseen.exit, unseen.err.match(/HK\d+/)?.[0]], [4, 'HK323'])
    const stale = await run(['approve', id, 'rollback', '--as', 'tanaka', '--hash', 'deadbeef'])
    assert.deepEqual([stale.exit, stale.err.match(/HK\d+/)?.[0]], [4, 'HK307'])
    const approving = ['approve', id, 'rollback', '--as', 'tanaka', '--wait', '-o', 'json']
    const unsure = await run(approving, { terminal: 80, stdin: '\n' })
    assert.deepEqual([unsure.exit, unsure.err.match(/HK\d+/)?.[0]], [4, 'HK326'])
    const approved = await run(approving, { terminal: 80, stdin: 'y\n' })
    assert.equal(approved.exit, 0, approved.err)
    assert.equal(JSON.parse(approved.out).status, 'verified')
    assert.match(approved.err, /Target +deployment\/shodo\/shodo-backend/)
    assert.match(approved.err, /Requested by +the runbook, on behalf of kobayashi \(not verified\)\n/)
    assert.match(approved.err, /Where +cluster lab, namespace shodo\n/)
    assert.match(approved.err, /Approve rollback\? \[y\/N\]/)
    const step = await run(['show', id, 'rollback'])
    assert.match(step.out, /Approvals +1\/1 tanaka/)
    assert.match(step.out, /#\d+ +step rollback verified/)

    assert.equal((await run(['resolve', id])).exit, 0)
    assert.match((await run(['report', id, '--lang', 'ja'])).out, /^【インシデント報告】\n発生時刻: .* JST\n/)
    await refusedWith(4, 'HK316', 'close', id)
    assert.equal((await run(['close', id, '--waive', 'a drill'])).exit, 0)
    // Its logs are put away and its runs archived after the end, which the timeline tells.
    await until(async () => /archived|保管/.test((await run(['timeline', id])).out))
    const verdict = await data('replay', id)
    assert.equal(verdict.identical, true)
    const events = await data<readonly IncidentEvent[]>('timeline', id)
    assert.equal(events.length, verdict.events)
    assert.equal(firstBreak(events as readonly TimelineEvent[]), undefined)
    await refusedWith(4, 'HK301', 'ack', id)
    const well = await data<{ symptoms: unknown[]; incidents: string[] }>('diagnose', `${system}/${backend}`)
    assert.deepEqual([well.symptoms, well.incidents], [[], []])
    await refusedWith(3, 'HK201', 'diagnose', 'backnd')
  }).timeout(120_000)

  it('takes every command of the people', async () => {
    const id = await declare()
    const commands: readonly (readonly string[])[] = [
      ['ack', id],
      ['note', id, '調査中', 'です'],
      ['set', id, 'severity', 'low'],
      ['set', id, 'impact', 'part'],
      ['set', id, 'eta', '+30m'],
      ['set', id, 'eta', '23:59'],
      ['set', id, 'commander', '田中'],
      ['set', id, 'symptom', 'slow'],
      ['set', id, 'breach', 'yes'],
      ['check', id, 'scope'],
      ['decide', id, 'way/replace-pods', '--reason', '一部の Pod だけ遅い'],
      ['retry', id, 'way'],
      ['skip', id, 'way', '--reason', '不要'],
      ['escalate', id, 'cto'],
      ['situation', id],
      ['resolve', id],
      ['reopen', id, '--reason', 'まだ遅い'],
      ['cancel', id, '--reason', '訓練'],
    ]
    for (const argv of commands) {
      const ran = await run(argv)
      assert.equal(ran.exit, 0, `${argv.join(' ')}: ${ran.err}`)
    }
    const told = await run(['timeline', id])
    assert.equal(told.exit, 0, told.err)
    assert.match(told.out, /expects recovery at \d{4}-\d\d-\d\d \d\d:\d\d JST/)
    const events = await data<readonly IncidentEvent[]>('timeline', id)
    const types = new Set(events.map(({ type }) => type))
    for (const type of [
      'noted',
      'eta-set',
      'commander-set',
      'risk-set',
      'checked',
      'step-decided',
      'step-retried',
      'step-skipped',
      'reopened',
      'cancelled',
    ] as const)
      assert.ok(types.has(type), type)
  })

  it('shows what a reading step has read, when it is run and afterwards', async () => {
    const id = await declare()
    const ran = await run(['run', id, 'quick-rollout-status', '--wait'])
    assert.equal(ran.exit, 0, ran.err)
    assert.match(ran.out, /^deployment "shodo-backend" successfully rolled out\nREVISION /m)
    const shown = await run(['show', id, 'quick-rollout-status'])
    assert.match(shown.out, /^Step +quick-rollout-status .*\nKind +kubernetes\.rollouts/)
    assert.ok(shown.out.includes(ran.out.trim()))
    const read = await data<{ reading: { facts: object } }>('run', id, 'quick-rollout-status', '--wait')
    assert.ok('deployments' in read.reading.facts)
    await refusedWith(3, 'HK204', 'show', id, 'quick-rolout-status')
    await run(['cancel', id, '--reason', '訓練'])
  })

  it('lists what, by whom and for how long, by either name of a service; a name that does not exist is said', async () => {
    const id = await declare()
    await run(['set', id, 'commander', '田中'])
    type Row = { incident: string; description?: string; commander?: string; timezone?: string }
    const row = async (...words: string[]) =>
      (await data<readonly Row[]>('list', ...words)).find(({ incident }) => incident === id)
    await until(async () => (await row())?.commander === '田中')
    assert.deepEqual([(await row())?.description, (await row())?.timezone], ['注文APIが500 🔥', 'Asia/Tokyo'])
    assert.notEqual(await row('--service', `${system}/${backend}`), undefined)
    assert.notEqual(await row('--service', backend, '-a'), undefined)
    const { out } = await run(['list'])
    assert.match(out, /^INCIDENT +SEVERITY +PHASE +AGE +COMMANDER +WHERE +WHAT\n/)
    assert.match(out, new RegExp(`${id} +HIGH +\\S+ +\\d+[smh]\\S* +田中 +${backend} +注文APIが500`))
    const narrow = await run(['list'], { terminal: 40, env: { NO_COLOR: '1' } })
    assert.match(narrow.out, new RegExp(`^${id}$`, 'm'))
    await refusedWith(3, 'HK201', 'list', '--service', 'nosuch')
    await refusedWith(3, 'HK201', 'list', '--service', `nosuch/${backend}`)
    await run(['cancel', id, '--reason', '訓練'])
  })

  it('says of a run which one it is and for whom it waits, and takes that name again', async () => {
    const id = await declare()
    const first = await run(['run', id, 'restart', '-o', 'json', '--as', 'aoki'])
    assert.equal(JSON.parse(first.out).step, 'restart')
    assert.match(first.err, new RegExp(`Someone else must approve it: hikeshi approve ${id} restart`))
    await run(['reject', id, 'restart', '--reason', 'x'])
    const second = await run(['run', id, 'restart', '-o', 'json', '--as', 'aoki'])
    assert.equal(JSON.parse(second.out).step, 'restart.2')
    await run(['reject', id, 'restart.2', '--reason', 'x'])
    assert.equal((await data('run', id, 'restart.2')).step, 'restart.3')
    await run(['cancel', id, '--reason', '訓練'])
  })

  it('answers bad words with the ones that exist, the nearest one first', async () => {
    const id = await declare()
    const wrong = await refusedWith(
      3,
      'HK201',
      'declare',
      '--service',
      `bakend-${process.pid}`,
      '--severity',
      'LOW',
      '--description',
      'x',
    )
    assert.match(wrong.err, new RegExp(`Did you mean "${backend}"\\?`))
    await refusedWith(
      3,
      'HK202',
      'declare',
      '--service',
      backend,
      '--symptom',
      '5x',
      '--severity',
      'LOW',
      '--description',
      'x',
    )
    assert.match((await refusedWith(3, 'HK204', 'run', id, 'rolback')).err, /Did you mean "rollback"\?/)
    assert.match((await refusedWith(3, 'HK205', 'check', id, 'scop')).err, /Did you mean "scope"\?/)
    assert.match(
      (await refusedWith(3, 'HK203', 'show', id.replace('-', ''))).err,
      new RegExp(`Did you mean "${system}-`),
    )
    await refusedWith(3, 'HK203', 'ack', `${system}-999`)
    await refusedWith(3, 'HK203', 'replay', `${system}-999`)
    await refusedWith(3, 'HK210', 'runbook', 'show', 'nosuch')
    await refusedWith(2, 'HK108', 'set', id, 'eta', '2020-01-01T00:00:00Z')
    await run(['check', id, 'scope'])
    assert.match(
      (await refusedWith(4, 'HK303', 'check', id, 'scope')).err,
      /"scope" was ticked already, by .* JST\./,
    )
    await refusedWith(2, 'HK101', 'show', id, '--hash', 'x')
  })

  it('keeps long, Japanese and dangerous texts from breaking the terminal', async () => {
    const id = await declare()
    const long = '長い文章🔥 '.repeat(1_600)
    assert.equal((await run(['note', id, '--stdin'], { stdin: `${long}\n` })).exit, 0)
    assert.equal((await run(['note', id, '--stdin'], { stdin: 'x'.repeat(10_001) })).exit, 2)
    assert.equal((await run(['note', id, '--stdin'], { stdin: 'y'.repeat(100_000) })).exit, 2)
    assert.equal((await run(['note', id, 'evil \u001b]0;title\u0007'])).exit, 2)
    for (const argv of [['show', id], ['timeline', id], ['timeline', id, '--lang', 'ja'], ['list']]) {
      const { out } = await run(argv, { terminal: 80, env: { NO_COLOR: '1' } })
      for (const line of out.split('\n')) {
        assert.ok(stringWidth(line) <= 80, line)
        assert.equal(hasControlCharacters(line), false)
      }
    }
    const yaml = await run(['show', id, '-o', 'yaml'])
    assert.match(yaml.out, /^source: worker\n/)
  })

  it('freezes everything with one word, and says so', async () => {
    const id = await declare()
    try {
      assert.equal((await run(['freeze', 'on', '--as', 'mori'])).exit, 0)
      await until(async () => /Frozen/.test((await run(['show', id])).out))
      await refusedWith(4, 'HK311', 'run', id, 'restart')
    } finally {
      assert.equal((await run(['freeze', 'off'])).exit, 0)
    }
  })

  it('waits for a step, and gives up when it was told to', async () => {
    const id = await declare()
    assert.equal((await run(['run', id, 'pods', '--wait', '--timeout', '20s'])).exit, 0)
    const waiting = await run(['run', id, 'restart', '--wait', '--timeout', '3s'])
    assert.deepEqual([waiting.exit, waiting.err.match(/HK\d+/)?.[0]], [6, 'HK603'])
    assert.match(waiting.err, new RegExp(`hikeshi approve ${id} restart`))
    assert.equal((await run(['reject', id, 'restart', '--reason', '不要', '--as', 'tanaka'])).exit, 0)
    const params = await run(['run', id, 'scale-out', '--with', 'replicas=501'])
    assert.deepEqual([params.exit, params.out], [2, ''])
  })

  it('says while it waits with what a step is refused again and again', async () => {
    const incident = await declare()
    await run(['run', incident, 'restart', '--as', 'aoki'])
    const { step } = await data<{ step: { hash: string } }>('show', incident, 'restart')
    const cluster = here.lab.cluster()
    const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    await cluster.post(webhooks, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'away' },
      webhooks: [
        {
          name: 'away.example.com',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [
            { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shodo' } },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 1,
        },
      ],
    })
    let approved: Promise<Ran>
    try {
      approved = run(['approve', incident, 'restart', '--as', 'sato', '--hash', step.hash, '--wait'])
      await until(async () => {
        const { retrying = [] } = await data<{ retrying?: { attempt: number }[] }>('show', incident)
        return retrying.some(({ attempt }) => attempt >= 4)
      }, 60_000)
    } finally {
      await cluster.delete(`${webhooks}/away`)
    }
    const { exit, err } = await approved
    assert.equal(exit, 0, err)
    assert.match(err, /restart is being retried \(attempt \d\): HK540 /)
    await run(['cancel', incident, '--reason', '訓練'])
  }).timeout(120_000)

  it('watches live until the incident is over, over continue-as-new', async () => {
    const incidents = openIncidents(temporal)
    const { book } = (await incidents.desk(system)).state.runbook ?? assert.fail('no runbook')
    const short = `${system}x`
    await incidents.publish({
      book: { ...book, runbook: short },
      by: { kind: 'person', id: 'mori', verified: true },
      lab: true,
      continueAfterEvents: 60,
    })
    const { incident: id } = await data<{ incident: string }>(
      'declare',
      '--service',
      `${short}/${backend}`,
      '--severity',
      'LOW',
      '--description',
      'x',
    )
    const watching = run(['watch', id, '--from', '1', '-o', 'json'])
    const state = () =>
      here.client.workflow
        .getHandle(id)
        .query<IncidentView>('state')
        .catch(() => undefined)
    // A run continues as new only when nothing is in flight: the picture first, then the notes, run by run.
    await until(async () => (await state())?.state.situation.taken !== undefined)
    for (let part = 1; part <= 2; part++) {
      for (let i = 1; i <= 20; i++) assert.equal((await run(['note', id, `note ${part}.${i}`])).exit, 0)
      await until(async () => ((await state())?.state.run ?? 0) > part)
    }
    await run(['resolve', id])
    await run(['close', id, '--waive', 'a drill'])
    const watched = await watching
    assert.equal(watched.exit, 0, watched.err)
    const seen = watched.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as IncidentEvent)
    const told = await data<readonly IncidentEvent[]>('timeline', id)
    assert.deepEqual(seen, told)
    const runs = 1 + told.filter(({ type }) => type === 'continued').length
    assert.ok(
      runs >= 3,
      `${runs} runs for ${told.length} events: ${told.map(({ seq, type }) => `${seq} ${type}`).join(', ')}`,
    )
    assert.equal(told.filter(({ type }) => type === 'noted').length, 40)
    await refusedWith(3, 'HK207', 'declare', '--service', backend, '--severity', 'LOW', '--description', 'x')
    await forget(id)
    assert.deepEqual(await data<readonly IncidentEvent[]>('timeline', id), told)
  }).timeout(150_000)

  /** Temporal drops the oldest run, as it does when retention is over (which takes it half a minute); the archive has it. */
  async function forget(id: string): Promise<void> {
    const view = await here.client.workflow.getHandle(id).query<IncidentView>('state')
    const [first] = view.earlierRuns
    const { namespace } = here.lab.temporal
    const execution = { workflowId: id, runId: first?.runId ?? assert.fail('no earlier run') }
    await here.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: execution })
    await until(async () => {
      const asked = here.client.workflow.getHandle(id, execution.runId).describe()
      return asked.then(
        () => false,
        () => true,
      )
    }, 60_000)
  }

  it('gives one incident for reports of the same trouble, and one per key', async () => {
    const words = [
      'declare',
      '--service',
      `${system}/frontend-${process.pid}`,
      '--severity',
      'LOW',
      '--description',
      'x',
    ]
    type Declared = { incident: string; created: boolean; reports: number; repeated: boolean }
    const all = await Promise.all([1, 2, 3].map(() => data<Declared>(...words)))
    assert.equal(new Set(all.map(({ incident }) => incident)).size, 1)
    assert.deepEqual(all.map(({ reports }) => reports).toSorted(), [1, 2, 3])
    const again = await Promise.all([1, 2].map(() => data<Declared>(...words, '--key', 'alert-7')))
    assert.equal(again.filter(({ repeated }) => repeated).length, 1)
  })

  it('says that a desk is in lab mode, as a fault where nobody says that this is a lab, and what was withdrawn in one line', async () => {
    const desk = await openDesk(here)
    const linesOf = async (name: string, env: Readonly<Record<string, string>>) =>
      (await examine(temporal, { ...here.lab.env, ...env }))
        .filter(({ check }) => check === `runbook ${name}`)
        .map(({ status, says }) => `${status} ${says.en}`)
    const lab = /^(warn|fail) its desk is in lab mode: anybody can approve anything/
    const stateOf = async (env: Readonly<Record<string, string>>) =>
      (await linesOf(desk.name, env)).flatMap((line) => lab.exec(line)?.[1] ?? [])
    assert.deepEqual(await stateOf({ HIKESHI_LAB: '1' }), ['warn'])
    assert.deepEqual(await stateOf({ HIKESHI_LAB: '' }), ['fail'])
    await openIncidents(temporal).withdraw(desk.name, { by: aoki, reason: 'a slip' })
    assert.deepEqual(await linesOf(desk.name, {}), ['ok withdrawn by aoki'])
  })

  it('prints the doctor, and the desk that is published', async () => {
    let failed: readonly { status: string; says: string }[] = []
    await until(async () => {
      const doctor = await run(['doctor', '-o', 'json'])
      failed = (JSON.parse(doctor.out) as typeof failed).filter(({ status }) => status === 'fail')
      // A machine with more to do than it can is no answer.
      return !failed.some(({ says }) => says.startsWith('HK601 unknown: no answer in'))
    })
    assert.deepEqual(failed, [])
    const shown = await data<{ book: { runbook: string }; sha256: string }>('runbook', 'show', system)
    assert.equal(shown.book.runbook, system)
    assert.match(shown.sha256, /^[0-9a-f]{64}$/)
  })
})

async function until(is: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await is())) {
    if (Date.now() > end) assert.fail('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
