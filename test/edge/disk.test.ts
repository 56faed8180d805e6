import assert from 'node:assert/strict'
import { openDisk, piecesWithin } from '../../edge/disk.ts'

const isSilent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ETIMEDOUT'

describe('a disk that does not answer', () => {
  it('is not waited for, and is given no more calls than it has places', async () => {
    const onDisk = openDisk(50)
    const hanging = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const asked = hanging.map(({ promise }) => onDisk(() => promise))
    let begun = false
    const third = onDisk(async () => {
      begun = true
    })
    for (const one of [...asked, third]) await assert.rejects(one, isSilent)
    assert.equal(begun, false)
    // It answers again.
    for (const { resolve } of hanging) resolve('late')
    assert.equal(await onDisk(async () => 'there'), 'there')
  })

  it('keeps a failure as it is, and gives its place to the next', async () => {
    const onDisk = openDisk(10_000)
    const failing = Array.from({ length: 5 }, (_, i) =>
      onDisk(async () => {
        throw new Error(`failure ${i}`)
      }),
    )
    for (const [i, one] of failing.entries()) await assert.rejects(one, { message: `failure ${i}` })
    assert.equal(await onDisk(async () => 1), 1)
  })

  it('ends what is read in pieces where one does not come, and passes on all that came', async () => {
    const came: number[] = []
    async function* pieces() {
      yield 1
      yield 2
      await new Promise(() => {})
    }
    await assert.rejects(async () => {
      for await (const piece of piecesWithin(pieces(), 50)) came.push(piece)
    }, isSilent)
    assert.deepEqual(came, [1, 2])
    const all: number[] = []
    for await (const piece of piecesWithin(
      (async function* () {
        yield* [1, 2, 3]
      })(),
    ))
      all.push(piece)
    assert.deepEqual(all, [1, 2, 3])
  })
})
