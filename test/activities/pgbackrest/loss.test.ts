import assert from 'node:assert/strict'
import { type Loss, lossTold } from '../../../activities/pgbackrest/exchange/loss.ts'

const orders = { table: 'shodo.public.orders', live: 5_000, copy: 4_000 }
const users = { table: 'shodo.public.users', live: 120, copy: 100 }
const found: Loss = { commits: 400, rows: [orders, users] }

describe('what a cut-over loses, as people were told it', () => {
  it('stays as it was told while it moves by itself', () => {
    const moved: readonly Loss[] = [
      { ...found, commits: 300 },
      { ...found, rows: [{ ...orders, live: 4_900 }, users] },
      // A few rows more since then.
      { ...found, rows: [orders, users, { table: 'shodo.public.notes', live: 8, copy: 0 }] },
      found,
    ]
    for (const told of moved) {
      assert.equal(lossTold(found, told), told)
      assert.equal(lossTold(told, found), found)
    }
    const unknown: Loss = { commits: null, rows: null }
    assert.equal(lossTold({ ...unknown }, unknown), unknown)
    assert.equal(lossTold(found, undefined), found)
  })

  it('is never what somebody made up: fewer commits, fewer rows, a table that is left out, or that nobody could count', () => {
    const forged: readonly Loss[] = [
      { ...found, commits: 0 },
      { ...found, commits: null },
      { ...found, rows: [] },
      { ...found, rows: null },
      { ...found, rows: [users] },
      { ...found, rows: [{ ...orders, live: 4_001 }, users] },
      // Hardly fewer live rows, and hardly any lost.
      { ...found, rows: [{ ...orders, live: 4_010, copy: 4_000 }, users] },
      { ...found, rows: [{ ...orders, copy: 4_999 }, users] },
      { ...found, rows: [orders, { ...users, live: 100 }] },
    ]
    for (const told of forged) assert.equal(lossTold(found, told), found, JSON.stringify(told))
  })
})
