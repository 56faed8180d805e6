import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { floor } from '../../lab/node.mjs'
import { freePort } from '../activities/free-port.ts'

/** Says what it was started with. */
const program = '#!/bin/sh\necho "fetched|$(command -v node)|$npm_execpath|$*"\nexit 7\n'

/** A copy of the bootstrap for which every Node is too old, and a registry of this test's own. */
describe('on a Node that is too old the bootstrap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-node-'))
  const cache = join(folder, 'cache')
  const tarball = packed('package/bin/node', program)
  let asked: string[] = []
  let answers = true
  const registry = createServer((request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    if (url.endsWith('.tgz')) return answers ? response.end(tarball) : undefined
    const versions = JSON.stringify({
      name: url.slice(1),
      versions: Object.fromEntries(['24.22.3'].map(about)),
      time: { '24.22.3': new Date().toISOString() },
    })
    response.end(versions)
    function about(version: string) {
      const dist = { tarball: `http://${request.headers.host}/node.tgz`, integrity: integrityOf(tarball) }
      return [version, { name: url.slice(1), version, dist }]
    }
  })

  before(async () => {
    registry.listen(0, '127.0.0.1')
    await once(registry, 'listening')
  })
  beforeEach(() => {
    asked = []
    answers = true
    rmSync(cache, { recursive: true, force: true })
    write(integrityOf(tarball))
  })
  after(() => {
    registry.closeAllConnections()
    registry.close()
    rmSync(folder, { recursive: true })
  })

  function write(integrity: string): void {
    mkdirSync(join(folder, 'lab'), { recursive: true })
    for (const file of readdirSync('lab').filter((name) => name.endsWith('.mjs')))
      cpSync(join('lab', file), join(folder, 'lab', file))
    const pins = readFileSync('lab/node.mjs', 'utf8')
    writeFileSync(
      join(folder, 'lab', 'node.mjs'),
      pins.replace(/floor = \[.*?\]/, 'floor = [99, 0]').replaceAll(/sha512-[\w+/=]+/g, integrity),
    )
  }

  async function start(onStart?: (child: ReturnType<typeof spawn>) => void, port = portOf(), settings = {}) {
    const child = spawn(process.execPath, [join(folder, 'lab', 'bootstrap.mjs'), 'test', 'some.ts'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HIKESHI_CACHE: cache,
        npm_config_registry: `http://127.0.0.1:${port}`,
        npm_config_cache: join(folder, 'npm'),
        npm_config_fetch_retries: '0',
        ...settings,
      },
    })
    onStart?.(child)
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ])
    return { out, err, code }
  }

  function portOf(): number {
    return (registry.address() as AddressInfo).port
  }

  /** Every file below the cache folder. */
  function kept(): readonly string[] {
    return existsSync(cache)
      ? readdirSync(cache, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
      : []
  }

  it('has the floor of package.json', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }
    assert.equal(engines.node, `>=${floor.join('.')}`)
  })

  it('fetches the pinned one, says so in one line, and goes on with it in everything that it starts', async () => {
    const { out, err, code } = await start()
    const [file = '', ...more] = kept()
    assert.deepEqual(more, [])
    assert.equal(readFileSync(file, 'utf8'), program)
    assert.match(out, new RegExp(`^fetched\\|${file}\\|.*npm-cli.js\\|lab/bootstrap.mjs test some.ts\n$`))
    assert.match(err, /^Node \S+ is older than 99\.0: fetching Node 24\S+ \(50 MB, once\) into \S+cache\n$/)
    assert.equal(code, 7)
    assert.deepEqual(readdirSync(dirname(file)), ['node'])
  })

  it('does not fetch it a second time', async () => {
    await start()
    asked = []
    const { err, code } = await start()
    assert.deepEqual([err, code, asked], ['', 7, []])
  })

  it('fetches it also where npm is told to take nothing that is new: its SHA-512 is pinned', async () => {
    const { code } = await start(undefined, portOf(), { npm_config_min_release_age: '30' })
    assert.equal(code, 7)
  })

  it('does not use one that is not the pinned one, and leaves nothing of it', async () => {
    write(integrityOf(Buffer.from('another')))
    const { out, err, code } = await start()
    assert.match(
      err,
      /\n.*node-linux-\w+@24\S+ is not the one that is pinned here.* install Node .* or newer/,
    )
    assert.deepEqual([out, code, kept()], ['', 1, []])
  })

  it('says what to do where no registry is reached', async () => {
    const { out, err, code } = await start(undefined, await freePort())
    assert.match(err, /\nNode 24\S+ could not be fetched: install Node .* or newer .* or tell npm/)
    assert.deepEqual([out, code, kept()], ['', 1, []])
  })

  for (const [signal, ends] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    it(`leaves nothing half-written when ${signal} comes while it fetches, and fetches the next time`, async () => {
      answers = false
      const { out, code } = await start((child) => {
        registry.on('request', function told({ url }) {
          if (!url?.endsWith('.tgz')) return
          registry.off('request', told)
          child.kill(signal)
        })
      })
      assert.deepEqual([out, code, kept()], ['', ends, []])
      answers = true
      assert.equal((await start()).code, 7)
    })
})

function integrityOf(content: Buffer): string {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`
}

/** A package's tarball with one file. */
function packed(name: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000755\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('0', 156)
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  body.write(content)
  return gzipSync(Buffer.concat([header, body, Buffer.alloc(1024)]))
}
