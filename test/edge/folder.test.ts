import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { serveWitness } from '../../client/transparency/witness-server.ts'
import { makeFolder, makeLastingFolder } from '../../edge/folder.ts'
import { openLog } from '../../edge/log-segments.ts'
import type { NoteSigner } from '../../edge/note-keys.ts'
import { putOnce } from '../../edge/transparency/put-once.ts'
import { scratch } from '../scenarios/world.ts'

/** Which files and folders are flushed while `play` goes on, by their paths. */
async function flushed(play: () => Promise<unknown>): Promise<ReadonlySet<string>> {
  const handle = await open('/dev/null')
  const kind = Object.getPrototypeOf(handle)
  await handle.close()
  const paths = new Set<string>()
  const { sync } = kind
  kind.sync = function (this: { readonly fd: number }) {
    paths.add(readlinkSync(`/proc/self/fd/${this.fd}`))
    return sync.call(this)
  }
  try {
    await play()
  } finally {
    kind.sync = sync
  }
  return paths
}

describe('folders', () => {
  it('are made with those above them, and it is said which were', () =>
    scratch(async (dir) => {
      assert.deepEqual(await makeFolder(join(dir, 'a/b')), [join(dir, 'a'), join(dir, 'a/b')])
      assert.deepEqual(await makeFolder(join(dir, 'a/b')), [])
      await assert.rejects(makeFolder('/proc/none/of/it'), { code: 'ENOENT' })
    }))

  it('have their names on the disk where they have to last', () =>
    scratch(async (dir) => {
      const made = await flushed(() => makeLastingFolder(join(dir, 'a/b')))
      assert.deepEqual([...made].toSorted(), [dir, join(dir, 'a')])
      assert.deepEqual([...(await flushed(() => makeLastingFolder(join(dir, 'a/b'))))], [])
    }))

  it('of a log, and of what is put once, have their names on the disk', () =>
    scratch(async (dir) => {
      const put = await flushed(() => putOnce(join(dir, 'log'), 'commits/1', 'one'))
      for (const folder of [dir, join(dir, 'log'), join(dir, 'log/commits')])
        assert.ok(put.has(folder), folder)
      const kept = await flushed(async () => {
        const log = await openLog(join(dir, 'logs/pod/web'), '0001-0001')
        await log.write('2026-12-01T03:00:00Z one\n')
        await log.close()
      })
      for (const folder of [dir, join(dir, 'logs'), join(dir, 'logs/pod'), join(dir, 'logs/pod/web')])
        assert.ok(kept.has(folder), folder)
    }))

  it('of a witness have their names on the disk before it answers, whoever made them', () =>
    scratch(async (dir) => {
      for (const isThere of [false, true]) {
        const above = join(dir, isThere ? 'there' : 'new')
        const state = join(above, 'state')
        if (isThere) await mkdir(state, { recursive: true, mode: 0o700 })
        const stop = new AbortController()
        const before = await flushed(() =>
          serveWitness({
            name: 'witness.example',
            signer: {} as NoteSigner,
            logs: new Map(),
            state,
            now: Date.now,
            host: '127.0.0.1',
            port: 0,
            signal: stop.signal,
            log: () => undefined,
            ready: () => stop.abort(),
          }),
        )
        assert.ok(before.has(above), above)
        assert.ok((await readdir(above)).includes('state'))
      }
    }))
})
