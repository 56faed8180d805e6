import assert from 'node:assert/strict'
import { appendFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { logsIn, openLog, readSegments } from '../../edge/log-segments.ts'
import { scratch } from '../scenarios/world.ts'

const line = (second: number, text: string) =>
  `2026-11-30T09:30:${String(second).padStart(2, '0')}.000000000Z ${text}\n`

async function whole(folder: string): Promise<string> {
  let text = ''
  for await (const chunk of readSegments(folder)) text += chunk.toString()
  return text
}

describe('the log of a container in pieces', () => {
  it('is one log, whoever wrote which piece', () =>
    scratch(async (dir) => {
      const folder = join(dir, 'pod', 'run')
      for (const writer of ['0001-0001', '0001-0002', '0002-0001']) {
        const log = await openLog(folder, writer)
        await log.write(line(1, `by ${writer}`))
        await log.write(line(2, `again by ${writer}`))
        await log.close()
      }
      assert.equal((await whole(folder)).split('\n').length, 7)
      assert.deepEqual(await logsIn(dir), ['pod/run'])
    }))

  it('says where it ends: the last line, and the how manieth of its like it is', () =>
    scratch(async (dir) => {
      const first = await openLog(dir, '0001-0001')
      assert.equal(first.cursor, undefined)
      await first.write(line(1, 'a') + line(2, 'b') + line(2, 'b'))
      await first.close()
      const { cursor } = await openLog(dir, '0001-0002')
      assert.deepEqual(cursor, {
        stamp: '2026-11-30T09:30:02.000000000Z',
        line: line(2, 'b').trimEnd(),
        nth: 2,
      })
    }))

  it('does not count a line that a death cut off', () =>
    scratch(async (dir) => {
      const first = await openLog(dir, '0001-0001')
      await first.write(line(1, 'a'))
      await first.write('2026-11-30T09:30:02.0000')
      await first.close()
      const second = await openLog(dir, '0001-0002')
      assert.equal(second.cursor?.line, line(1, 'a').trimEnd())
      await second.write(line(2, 'b'))
      await second.close()
      assert.equal(await whole(dir), line(1, 'a') + line(2, 'b'))
    }))

  it('has nothing twice where one that was believed dead writes on', () =>
    scratch(async (dir) => {
      const dead = await openLog(dir, '0001-0001')
      await dead.write(line(1, 'a'))
      const next = await openLog(dir, '0001-0002')
      await dead.write(line(2, 'b'))
      await next.write(line(2, 'b') + line(3, 'c'))
      await dead.write(line(3, 'c') + line(4, 'd'))
      await next.write(line(4, 'd'))
      assert.equal(await whole(dir), ['a', 'b', 'c', 'd'].map((text, i) => line(i + 1, text)).join(''))
      await Promise.all([dead.close(), next.close()])
    }))

  it('belongs to the later writer also where the earlier one begins its piece after it', () =>
    scratch(async (dir) => {
      const dead = await openLog(dir, '0001-0001')
      const next = await openLog(dir, '0001-0002')
      await next.write(line(1, 'a') + line(2, 'b'))
      await dead.write(line(1, 'a'))
      assert.equal(await whole(dir), line(1, 'a') + line(2, 'b'))
      await next.write(line(3, 'c'))
      assert.equal(await whole(dir), line(1, 'a') + line(2, 'b') + line(3, 'c'))
      await Promise.all([dead.close(), next.close()])
    }))

  it('is not spoilt by a piece that was made and never begun', () =>
    scratch(async (dir) => {
      const first = await openLog(dir, '0001-0001')
      await first.write(line(1, 'a'))
      await first.close()
      await writeFile(join(dir, '0001-0002.log'), '# aft')
      await appendFile(join(dir, 'notes.txt'), 'of somebody')
      const third = await openLog(dir, '0001-0003')
      await third.write(line(2, 'b'))
      await third.close()
      assert.equal(await whole(dir), line(1, 'a') + line(2, 'b'))
      assert.equal((await readdir(dir)).length, 4)
    }))
})
