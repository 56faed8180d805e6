import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refused } from '../../edge/refused.ts'
import { teamLeadAfterFiveMinutes } from '../fixtures/team-lead-page.ts'
import { logChannel } from './send.ts'

const call = teamLeadAfterFiveMinutes('log')
const sending = { signal: new AbortController().signal, now: () => 1_764_000_300_250 }
const line = {
  key: call.key,
  incident: 'shodo-42',
  level: 'team-lead',
  person: 'team-lead',
  reason: 'due',
  says: call.says,
  dueMs: call.dueMs,
  sentAtMs: 1_764_000_300_250,
  head: call.head,
}

describe('a page to the log', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hikeshi-log-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is one JSON line, readable by its owner alone', async () => {
    const file = join(folder, 'pages.jsonl')
    const taken = await logChannel('log', { kind: 'log', file }).page(call, sending)
    assert.deepEqual(taken, { sentAtMs: 1_764_000_300_250 })
    const text = await readFile(file, 'utf8')
    assert.deepEqual(JSON.parse(text), line)
    assert.equal(text.split('\n').length, 2)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('keeps its lines whole when many are written at once', async () => {
    const file = join(folder, 'pages.jsonl')
    const channels = [1, 2, 3, 4].map(() => logChannel('log', { kind: 'log', file }))
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        channels[i % 4]?.page({ ...call, key: `key-${i}`, says: { ja: '火'.repeat(900), en: 'x' } }, sending),
      ),
    )
    const keys = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((each) => (JSON.parse(each) as { readonly key: string }).key)
    assert.equal(new Set(keys).size, 200)
  })

  it('stands on a line of its own behind the half of one that a full disk took', async () => {
    const file = join(folder, 'pages.jsonl')
    const channel = logChannel('log', { kind: 'log', file })
    await channel.page({ ...call, key: 'before' }, sending)
    const half = '{"key":"shodo-42/team-lead/tanaka/log/1","incid'
    await appendFile(file, half)
    await channel.page(call, sending)
    await channel.page({ ...call, key: 'after' }, sending)
    const [first, broken, second, third, end] = (await readFile(file, 'utf8')).split('\n')
    assert.deepEqual([broken, end], [half, ''])
    const keys = [first, second, third].map((each) => JSON.parse(each ?? '').key)
    assert.deepEqual(keys, ['before', call.key, 'after'])
  })

  it('escapes line breaks and escape codes', async () => {
    const lines: string[] = []
    const channel = logChannel('log', { kind: 'log' }, async (each) => {
      lines.push(each)
    })
    await channel.page({ ...call, says: { ja: 'a\nb', en: '\u001b[31m' } }, sending)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^[^\n\u001b]+\n$/)
  })

  it('is not taken when the file cannot be written to', async () => {
    const channel = logChannel('log', { kind: 'log', file: join(folder, 'nowhere', 'pages.jsonl') })
    await assert.rejects(channel.page(call, sending), (error) => {
      assert.ok(error instanceof Refused)
      assert.deepEqual(error.failure.params, { channel: 'log', reason: 'ENOENT' })
      return error.failure.name === 'channel-unreachable'
    })
  })
})
