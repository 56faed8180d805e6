import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { keepFile } from '../../activities/archive/keep-file.ts'
import { unwritable } from '../../activities/evidence/unwritable.ts'
import { collectedIn } from '../../client/evidence/piece.ts'
import { historiesIn } from '../../client/replay/histories.ts'
import { archivedFigures } from '../../client/stats/archived.ts'
import { contentIfThere } from '../../edge/if-there.ts'
import { openLog, readSegments } from '../../edge/log-segments.ts'
import { readPlain } from '../../edge/plain-file.ts'
import { Refused } from '../../edge/refused.ts'
import { readLog } from '../../edge/transparency/read-log.ts'
import { scratch } from '../scenarios/world.ts'

/** What somebody who can write the folder may lay there under the name of a file. */
const endless: { readonly [what: string]: (path: string) => Promise<unknown> | unknown } = {
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to a device': (path) => symlink('/dev/zero', path),
  'a link to a pipe': (path) => {
    execFileSync('mkfifo', [`${path}.pipe`])
    return symlink(`${path}.pipe`, path)
  },
}

/** Of each file of an archive: where it lies, and who reads it. */
const readers: { readonly [file: string]: (archive: string) => Promise<unknown> } = {
  'shodo-1/run-0001.history.json': (archive) => historiesIn(join(archive, 'shodo-1')),
  'shodo-1/collected/close/collected.json': (archive) =>
    collectedIn(join(archive, 'shodo-1/collected/close')),
  'shodo-1/logs/pod.0a/web.1/000000000000001-000001.log': async (archive) => {
    for await (const _ of readSegments(join(archive, 'shodo-1/logs/pod.0a/web.1')));
  },
  'transparency/checkpoint': (archive) => readLog(join(archive, 'transparency')),
  'transparency/commits/1': (archive) => readLog(join(archive, 'transparency')),
}

async function within<T>(what: string, work: Promise<T>): Promise<T> {
  return Promise.race([work, setTimeout(5_000).then(() => assert.fail(`${what} is read without an end`))])
}

describe('what lies in the place of a file', () => {
  for (const [what, lay] of Object.entries(endless))
    for (const [file, read] of Object.entries(readers))
      it(`is refused if it is ${what}: ${file}`, () =>
        scratch(async (archive) => {
          const path = join(archive, file)
          await mkdir(join(path, '..'), { recursive: true })
          await lay(path)
          await assert.rejects(within(file, read(archive)), (error) => {
            assert.ok(error instanceof Refused, String(error))
            assert.match(error.message, /not a regular file/)
            assert.equal(error.failure.name, 'bad-input')
            assert.equal(error.failure.params.where, path)
            return true
          })
        }))

  for (const [what, lay] of Object.entries(endless)) {
    it(`keeps no worker from archiving, and is said to be why no log is written, if it is ${what}`, () =>
      scratch(async (folder) => {
        await lay(join(folder, 'run-0001.history.json'))
        const order = {
          folder,
          stem: 'run-0001',
          what: 'history',
          runId: 'r1',
          attempt: 1,
          content: '{}',
        } as const
        assert.equal((await within(what, keepFile(order))).file, 'run-0001.r1.history.json')
        await lay(join(folder, '000000000000001-000001.log'))
        const failed = await within(what, openLog(folder, '000000000000002-000001')).catch((error) => error)
        assert.match(String(unwritable(folder, failed)), /not a regular file/)
      }))

    it(`is counted by nobody if it is ${what}`, () =>
      scratch(async (archive) => {
        await mkdir(join(archive, 'shodo-1'))
        await lay(join(archive, 'shodo-1/run-0001.figures.json'))
        assert.deepEqual((await within(what, archivedFigures(archive))).uncounted, ['shodo-1'])
      }))
  }

  it('is read if it is a file, or a link to one; what is not there is nothing', () =>
    scratch(async (folder) => {
      await writeFile(join(folder, 'file'), 'content')
      await symlink(join(folder, 'file'), join(folder, 'link'))
      assert.equal(String(await readPlain(join(folder, 'link'))), 'content')
      assert.equal(await contentIfThere(join(folder, 'none')), undefined)
      await assert.rejects(readPlain(folder), { code: 'EISDIR' })
      const socket = createServer().listen(join(folder, 'socket'))
      await once(socket, 'listening')
      await assert.rejects(readPlain(join(folder, 'socket')), /not a regular file/)
      socket.close()
    }))
})
