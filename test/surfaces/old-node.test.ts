import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { run } from './program.ts'

const sources = ['--import', 'tsx', 'client/doors/cli/main.ts']

describe('a Node that is too old', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }
  const [major = 0, minor = 0] = engines.node.replace('>=', '').split('.').map(Number)

  /** As a process hears of its Node. */
  const onNode = (version: string) => {
    const said = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
    return { program: ['--import', `data:text/javascript,${encodeURIComponent(said)}`, ...sources] }
  }

  it('is named before anything is done, with the one that is needed', async () => {
    for (const version of [`${major - 2}.99.0`, `${major}.${minor - 1}.9`]) {
      const { code, out, err } = await run(['list'], onNode(version))
      assert.deepEqual([code, out], [2, ''])
      assert.match(
        err,
        new RegExp(`^HK110 hikeshi needs Node ${major}\\.${minor} or newer; this is ${version}\\.\n`),
      )
    }
  })

  it('is none that is new enough', async () => {
    for (const version of [`${major}.${minor}.0`, `${major + 1}.0.0`])
      assert.equal((await run(['runbook', 'schema'], onNode(version))).code, 0)
  })
})
