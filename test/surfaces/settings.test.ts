import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { misspelt, settings } from '../../client/doors/cli/settings.ts'
import { hikeshi } from './cli-process.ts'

describe('the names of settings', () => {
  it('are those of docs/settings.md', async () => {
    const text = await readFile('docs/settings.md', 'utf8')
    const table = text.split('\n').filter((line) => line.startsWith('| `'))
    const named = table.flatMap((line) => line.split('|')[1]?.match(/HIKESHI_[A-Z_]+/g) ?? [])
    assert.deepEqual(named.toSorted(), [...settings])
  })

  it('that are one by a slip only are said, each with the one that was meant, beside the answer', async () => {
    const env = { HIKESHI_APIURL: 'http://127.0.0.1:1', HIKESHI_SHODO_SECRET: 'x' }
    const { exit, out, err } = await hikeshi(['runbook', 'schema'], { env })
    assert.deepEqual([exit, err], [0, 'HIKESHI_APIURL is not a setting; did you mean HIKESHI_API_URL?\n'])
    assert.doesNotThrow(() => JSON.parse(out))
    const japanese = await hikeshi(['runbook', 'schema', '--lang', 'ja'], { env })
    assert.equal(japanese.err, 'HIKESHI_APIURL という設定はありません。もしかして: HIKESHI_API_URL\n')
  })

  it('are none of those that may be somebody else’s', () => {
    const env = {
      HIKESHI_CLUSTER: 'x',
      HIKESHI_PAGER_SECRET: 'x',
      HIKESHI_TEST_COUNTS: 'x',
      hikeshi_lab: '1',
      PATH: 'x',
    }
    assert.deepEqual(misspelt(env), [{ name: 'hikeshi_lab', meant: 'HIKESHI_LAB' }])
  })
})
