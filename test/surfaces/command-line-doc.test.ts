import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { failures } from '../../domain/failures.ts'
import { hikeshi } from './cli-process.ts'

describe('docs/command-line.md', () => {
  it('names the verbs that the help names, and every exit code of a failure', async () => {
    const { out } = await hikeshi(['--help'])
    const doc = await readFile('docs/command-line.md', 'utf8')
    const verbs = [...out.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, verb]) => verb)
    assert.ok(verbs.length > 20, out)
    for (const verb of verbs) if (verb !== 'help') assert.match(doc, new RegExp(`hikeshi ${verb}`), verb)
    for (const { exit } of Object.values(failures)) assert.match(doc, new RegExp(`^\\| ${exit} `, 'm'))
  })
})
