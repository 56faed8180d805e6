/** Words of whoever can write to Temporal, or to a file: none of them becomes a line, a colour, a right or a person. */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { bookText } from '../../client/doors/cli/book-text.ts'
import type { Answer, Session } from '../../client/doors/cli/session.ts'
import { rbac } from '../../client/doors/cli/verbs/rbac.ts'
import { readPrivate } from '../../client/private-file.ts'
import { fillEnvironment } from '../../client/runbook/environment.ts'
import { incidentFacts } from '../../client/words/incident.ts'
import { momentsAt } from '../../client/words/moments.ts'
import { stepFacts } from '../../client/words/step.ts'
import { parseCommand } from '../../domain/incident/commands.ts'
import { raisedAfter, severityFor } from '../../domain/incident/fold/wish.ts'
import { report } from '../../domain/telling/report.ts'
import { genesis } from '../../domain/timeline/chain.ts'
import { Refused } from '../../edge/refused.ts'
import { lenient } from '../../wire/envelope.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { noon, World } from '../domain/incident/world.ts'

const plain = { width: 120, paint: (_: string, text: string) => text }

/** A Temporal in which somebody has started `desk/evil` with a state of their own (`carried`): what its query answers. */
function forged(book: object) {
  const desk = { workflowId: 'desk/evil', typedSearchAttributes: { get: () => [] } }
  const state = { runbook: { book, version: 1, sha256: 'a'.repeat(64) } }
  return {
    connection: { withDeadline: (_: number, ask: () => unknown) => ask() },
    client: {
      workflow: {
        list: async function* () {
          yield desk
        },
        getHandle: () => ({ query: async () => ({ state, head: genesis }) }),
      },
    },
    address: 'x',
  }
}

describe('hostile words', () => {
  it('a runbook that a desk made up becomes no manifest', async () => {
    const cluster =
      'lab\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: { name: evil }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }\nsubjects: [{ kind: User, name: mallory }]\n---\n#'
    let printed = ''
    const session = {
      lang: 'en',
      temporal: async () => forged({ ...smallBook(), runbook: 'evil', cluster }),
      around: { env: {} },
      print: async (answer: Answer) => {
        printed = answer.text(plain as never)
      },
    } as unknown as Session
    await assert.rejects(rbac(session, ['evil'], {}), (error) => {
      assert.equal(error instanceof Refused ? error.failure.name : error, 'bad-runbook')
      return true
    })
    assert.equal(printed, '')
  })

  it('the title of a runbook is cleaned', () => {
    const title = { en: 'Nice\u001b]0;owned\u0007', ja: 'Nice\u001b]0;owned\u0007' }
    assert.doesNotMatch(bookText({ ...smallBook(), title }, 1, 'en', plain as never), /\u001b/)
  })

  it('a commander begins no line of the report', () => {
    const by = { kind: 'person', id: 'mallory', verified: false }
    const command = parseCommand('set-commander', { v: 1, by, person: 'Bob\nNext update: none' })
    assert.ok('code' in command)
    const world = new World({ severity: 'HIGH' })
    const state = { ...world.state, commander: 'Bob\nNext update: none\nSeverity: LOW' }
    const text = report(state, 'en', { localTime: () => '2026-11-24 12:00 JST', now: noon })
    assert.equal(text.split('\n').filter((line) => line.startsWith('Severity:')).length, 1, text)
  })

  it('a signal of nobody who was checked opens no severity as an alert', () => {
    const given = lenient({ by: { kind: 'alert', id: 'x', verified: true }, severity: 'CRITICAL' })
    const command = parseCommand('set-severity', given)
    if ('code' in command) return
    const before = { severity: 'LOW', lab: false } as const
    const raised = raisedAfter(before, command.by, 'CRITICAL')
    const now = { ...before, severity: 'CRITICAL', ...(raised && { raised }) } as const
    assert.equal(severityFor(now, { kind: 'person', id: 'mori', verified: true }), 'LOW')
  })

  it('a name that nobody has checked says so where it asks for a step, and in notes', () => {
    const world = new World({ severity: 'HIGH' })
    const mallory = { kind: 'person', id: 'mori', verified: false } as const
    const state = {
      ...world.state,
      notes: [{ by: mallory, at: new Date(noon).toISOString(), text: 'all approved' }],
    }
    const at = momentsAt('UTC', noon)
    const noted =
      incidentFacts({ state } as never, at).find(({ label }) => label.en === 'Note')?.value.en ?? ''
    const step = {
      id: 'x',
      step: 'x',
      kind: 'kubernetes.pods',
      title: { en: 't', ja: 't' },
      params: {},
      origin: 'person',
      requestedBy: mallory,
      risk: 'disruptive',
      approvals: [],
      approvalsNeeded: 1,
      status: 'proposed',
    }
    const asked = stepFacts(step as never).find(({ label }) => label.en === 'Requested by')?.value.en ?? ''
    const told = report(state as never, 'en', { localTime: () => '2026-11-24 12:00 JST', now: noon })
    assert.deepEqual(
      [noted, asked, told].map((text) => text.includes('not verified')),
      [true, true, true],
    )
  })

  for (const name of [
    'SHODO_DATABASE_URL',
    'SHODO_SECRET_KEY_BASE',
    'SHODO_TOKEN_2',
    'SHODO_DB_PASS',
    'SHODO_PASSPHRASE',
  ])
    it(`a runbook does not read ${name}`, () => {
      const lines = new LineCounter()
      const document = parseDocument(`runbook: shodo\ntitle: "\${${name}}"\n`, { lineCounter: lines })
      fillEnvironment(document, { [name]: 'hunter2' }, () => ({ line: 1, column: 1 }) as never)
      assert.notEqual(document.toJS().title, 'hunter2')
    })

  it('a private file behind a link lies where nobody else may put another one', async () => {
    const base = await mkdtemp(join(tmpdir(), 'e1-'))
    try {
      const [safe, loose] = [join(base, 'safe'), join(base, 'loose')]
      await mkdir(safe, { mode: 0o700 })
      await mkdir(loose)
      await chmod(loose, 0o777)
      await writeFile(join(loose, 'k'), 'x', { mode: 0o600 })
      await symlink(join(loose, 'k'), join(safe, 'k'))
      await assert.rejects(readPrivate(join(safe, 'k')))
    } finally {
      await rm(base, { recursive: true })
    }
  })
})
