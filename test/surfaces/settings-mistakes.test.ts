import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkWorkerSettings } from '../../client/doors/cli/worker-settings.ts'
import { writeKeyPair } from '../../client/keys.ts'
import type { Lab } from '../../lab/index.ts'
import { sharedLab } from '../lab/shared.ts'
import { scratch } from '../scenarios/world.ts'
import { run } from './program.ts'

type Mistake = {
  /** What stands in the file; without it there is no file. */
  readonly content?: string
  /** What the failure names, beside the file. */
  readonly says: RegExp
}

const brokenYaml = 'a: [1,\nb: "'

describe('a mistake in a settings file', function () {
  this.timeout(120_000)
  let lab: Lab
  before(async () => {
    lab = await sharedLab()
  })

  /** Each one ends the verb with HK101 and 2, with its file and its reason, and nothing of ours that broke. */
  const refused = (argv: readonly string[], setting: string, mistakes: readonly Mistake[]) =>
    scratch(async (dir) => {
      for (const [i, { content, says }] of mistakes.entries()) {
        const file = join(dir, `${i}.yaml`)
        if (content !== undefined) await writeFile(file, content, { mode: 0o600 })
        const { code, out, err } = await run(argv, { env: { ...lab.env, [setting]: file } })
        assert.deepEqual([code, out], [2, ''], err)
        assert.ok(err.startsWith(`HK101 ${file}`), err)
        assert.match(err.replaceAll(/\s+/g, ' '), says)
        assert.doesNotMatch(err, /HK901|TypeError|\n {4}at /)
      }
    })

  it('of channels ends the worker with its number', () =>
    refused(['worker'], 'HIKESHI_CHANNELS', [
      { says: /it cannot be read \(ENOENT\)/ },
      { content: brokenYaml, says: /not valid YAML/ },
      { content: 'chanels: {}', says: /chanels/ },
      { content: 'channels: { pager: { kind: webhok } }', says: /webhok/ },
      { content: 'channels: { pager: { kind: webhook, url: 7 } }', says: /channels\.pager\.url/ },
      {
        content: 'channels: { pager: { kind: webhook, url: "http://[", secretEnv: NONE } }',
        says: /channels\.pager\.url/,
      },
      {
        content: 'channels: { pager: { kind: webhook, url: "http://127.0.0.1:8080", secretEnv: NONE } }',
        says: /secret is not set in the environment \(NONE\)/,
      },
    ]))

  it('of connections ends the worker with its number', () =>
    refused(['worker'], 'HIKESHI_CONNECTIONS', [
      { says: /it cannot be read \(ENOENT\)/ },
      { content: brokenYaml, says: /not valid YAML/ },
      { content: 'connections: { db: { kind: postgres, hots: a } }', says: /hots/ },
      { content: 'connections: { metrics: { kind: prometheus, url: "http://[" } }', says: /metrics\.url/ },
      {
        content: 'connections: { cache: { kind: redis, host: a, port: "6379" } }',
        says: /connections\.cache\.port/,
      },
    ]))

  it('of public keys ends the worker with its number', () =>
    refused(['worker'], 'HIKESHI_ATTESTATION_PUBLIC_KEYS', [
      { says: /no such file or folder\. Expected the public key that checks approvals/ },
      { content: 'no key', says: /expected a PEM public key/ },
      {
        content: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
        says: /expected an Ed25519 key/,
      },
    ]))

  it('of the keys of those who sign runbooks ends the worker with its number', () =>
    refused(['worker'], 'HIKESHI_PUBLISHER_KEYS', [
      { says: /no such file or folder\. Expected the public key that checks runbooks/ },
      { content: 'no folder', says: /part of its path is not a folder/ },
    ]))

  it('of tokens ends the API with its number', () =>
    refused(['api', '--listen', '127.0.0.1:0'], 'HIKESHI_API_TOKENS', [
      { says: /there is no such file or folder/ },
      { content: brokenYaml, says: /not valid YAML/ },
      { content: 'tokens: [{ persn: aoki }]', says: /tokens\[0\]/ },
      { content: 'tokens: [{ person: aoki, sha256: abc }]', says: /64 hex digits/ },
    ]))

  it('of the attestation key ends the API with its number', () =>
    refused(['api', '--listen', '127.0.0.1:0'], 'HIKESHI_ATTESTATION_KEY', [
      { says: /there is no such file or folder\. Expected the private key that signs approvals/ },
      { content: 'no key', says: /expected a PEM private key/ },
    ]))

  it("of Temporal's own ends every verb with its number", () =>
    scratch(async (dir) => {
      const file = join(dir, 'temporal.toml')
      await writeFile(file, '[profile.default\naddress = 7')
      const env = { ...lab.env, TEMPORAL_CONFIG_FILE: file }
      for (const argv of [['worker'], ['api', '--listen', '127.0.0.1:0'], ['list']]) {
        const { code, err } = await run(argv, { env })
        assert.deepEqual([code, /^HK101 TEMPORAL_\*: /.test(err)], [2, true], err)
      }
    }))

  it('of the words beside them too: roles and the folder of runbooks', async () => {
    const roles = await run(['worker'], { env: { ...lab.env, HIKESHI_WORKER_ROLES: 'incident' } })
    assert.deepEqual([roles.code, /^HK101 HIKESHI_WORKER_ROLES: .*"incident"/.test(roles.err)], [2, true])
    // It does not even ask for Temporal.
    const nowhere = { ...lab.env, TEMPORAL_ADDRESS: '127.0.0.1:1' }
    const folder = await run(['worker', '--runbooks', '/none'], { env: nowhere })
    assert.deepEqual(
      [folder.code, /^HK101 --runbooks: there is no such file or folder\./m.test(folder.err)],
      [2, true],
      folder.err,
    )
  })
})

describe('a place where nothing can be written', () => {
  it('is named with a number, wherever it lies', async () => {
    for (const place of ['/proc/x', '/proc/x/y', '/dev/null/x']) {
      const { code, out, err } = await run(['api', 'keygen', place])
      assert.deepEqual([code, out], [2, ''], err)
      assert.match(
        err,
        new RegExp(`^HK101 ${place}: (there is no such file or folder|part of its path is not a folder)`),
      )
    }
  })

  it('gets no key pair over an older one', () =>
    scratch(async (dir) => {
      await writeKeyPair(dir)
      const { code, err } = await run(['api', 'keygen', dir])
      assert.deepEqual([code, /it already exists/.test(err)], [2, true])
    }))

  it('ends a lab that would keep its binaries there', async () => {
    const { code, err } = await run(['lab', 'up'], {
      env: { HIKESHI_CACHE: '/proc/x', PATH: '/usr/bin:/bin' },
    })
    assert.deepEqual([code, /^hikeshi lab: ENOENT/.test(err)], [1, true], err)
  })
})

describe('a setting that cannot be meant', () => {
  const said = (env: Record<string, string>) =>
    checkWorkerSettings(env).then(
      () => 'nothing',
      (error: unknown) => (error instanceof Error ? error.message : '?'),
    )

  it('keeps a worker from starting, with its name', () =>
    scratch(async (dir) => {
      const file = join(dir, 'kubeconfig')
      await writeFile(file, 'x')
      assert.match(await said({ HIKESHI_CLUSTER: 'My Cluster' }), /^HK101 HIKESHI_CLUSTER: /)
      assert.match(await said({ HIKESHI_LAB: 'true' }), /^HK101 HIKESHI_LAB: expected 1/)
      for (const missing of ['', '/nonexistent', dir])
        assert.match(await said({ HIKESHI_KUBECONFIG: missing }), /^HK101 HIKESHI_KUBECONFIG: /, missing)
      for (const bad of ['', file, '/proc/x/y'])
        assert.match(await said({ HIKESHI_ARCHIVE: bad }), /^HK101 HIKESHI_ARCHIVE: /, bad)
    }))

  it('is none where it is right, not set, or not the role’s', () =>
    scratch(async (dir) => {
      const file = join(dir, 'kubeconfig')
      await writeFile(file, 'x')
      assert.equal(await said({}), 'nothing')
      const right = { HIKESHI_CLUSTER: 'lab', HIKESHI_LAB: '1', HIKESHI_KUBECONFIG: file }
      assert.equal(await said({ ...right, HIKESHI_ARCHIVE: join(dir, 'new', 'archive') }), 'nothing')
      assert.equal(await said({ HIKESHI_KUBECONFIG: '/none', HIKESHI_WORKER_ROLES: 'incidents' }), 'nothing')
    }))
})

describe('an answer that cannot be written', () => {
  it('never looks like success', () => {
    const full = openSync('/dev/full', 'w')
    const argv = ['--import', 'tsx', 'client/doors/cli/main.ts', 'runbook', 'init', 'x']
    const { status, stderr } = spawnSync(process.execPath, argv, { stdio: ['ignore', full, 'pipe'] })
    assert.deepEqual([status, String(stderr).slice(0, 5)], [1, 'HK431'])
  })
})
