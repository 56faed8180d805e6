import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approvalChecker } from '../../activities/approvals.ts'
import { openPolicy } from '../../activities/policy.ts'
import { openPublishers } from '../../activities/public-keys.ts'
import { said, type Words } from '../../domain/words.ts'
import { rereading } from '../../edge/rereading.ts'
import { until } from '../../lab/waiting.ts'
import { carriedBy } from '../../wire/carried.ts'
import { api, callOf, noon } from './signed-calls.ts'

describe('keys that change while a worker runs', () => {
  let dir: string
  const heard: string[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-changed-keys-'))
    heard.length = 0
  })
  afterEach(() => rm(dir, { recursive: true }))

  const put = (name: string, key: KeyObject | string, mode = 0o644) =>
    writeFile(join(dir, name), typeof key === 'string' ? key : key.export({ type: 'spki', format: 'pem' }), {
      mode,
    })
  const other = () => generateKeyPairSync('ed25519').publicKey
  const onTrouble = (where: string, problem: Words) => void heard.push(`${where}: ${said(problem).en}`)

  it('of an API count no more as soon as they are taken away, also the last one, and new ones do', async () => {
    await put('old.pub', api.publicKey)
    const settings = { cluster: 'production', lab: false, policy: undefined, attestationKeys: dir }
    const policy = await openPolicy(settings, onTrouble)
    const kind = 'kubernetes.delete-pods'
    const call = callOf(kind, { by: ['sato'], terms: { risk: 'disruptive', approvals: 1 } })
    const got = async () => {
      const own = { plan: async () => call.plan, isDone: async () => false }
      const check = approvalChecker(policy, undefined, () => noon)
      try {
        await check(kind, call, { call: 'x', number: 1 }, own)
        return 'runs'
      } catch (error) {
        return carriedBy(error)?.name
      }
    }
    const becomes = (wanted: string) =>
      until(async () => (await got()) === wanted, { what: wanted, withinMs: 5_000, everyMs: 50 })
    assert.equal(await got(), 'runs')
    await put('new.pub', other())
    await unlink(join(dir, 'old.pub'))
    await becomes('attestation-invalid')
    await put('old.pub', api.publicKey)
    await becomes('runs')
    await unlink(join(dir, 'old.pub'))
    await unlink(join(dir, 'new.pub'))
    await becomes('attestation-invalid')
    assert.deepEqual(heard, [])
  })

  it('that cannot be read are no verdict: those of before stay, and it is told once why', async () => {
    await put('mori.pub', other())
    await put('sato.pub', other())
    const signers = await openPublishers(dir, undefined, onTrouble)
    const before = await signers()
    assert.equal(before.length, 2)
    await put('kato.pub', 'nonsense')
    await chmod(join(dir, 'kato.pub'), 0o666)
    await until(async () => (await signers()) && heard.length > 0, {
      what: 'words',
      withinMs: 5_000,
      everyMs: 50,
    })
    assert.equal(await signers(), before)
    assert.match(heard[0] ?? '', /kato\.pub: its mode is 0666/)
    await unlink(join(dir, 'kato.pub'))
    await unlink(join(dir, 'sato.pub'))
    await until(async () => (await signers()).length === 1, { what: 'one', withinMs: 5_000, everyMs: 50 })
    assert.equal(heard.length, 1)
  })

  it('are read only when they changed, and looked at once for all who ask', async () => {
    await put('mori.pub', other())
    let reads = 0
    const read = async () => {
      reads += 1
      return reads
    }
    const asked = await rereading(read, {
      paths: [dir],
      onTrouble: (error) => assert.fail(String(error)),
      againAfterMs: 0,
    })
    assert.deepEqual(await Promise.all([asked(), asked(), asked()]), [1, 1, 1])
    await put('sato.pub', other())
    assert.deepEqual(await Promise.all([asked(), asked(), asked()]), [2, 2, 2])
    assert.equal(await asked(), 2)
  })
})
