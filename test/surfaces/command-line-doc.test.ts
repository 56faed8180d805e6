import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { verbsMarkdown } from '../../client/cli/program.ts'
import { failures } from '../../domain/failures.ts'
import { hikeshi } from './cli-process.ts'

describe('docs/command-line.md', () => {
  it('has every verb with its words as the program has them', async () => {
    const doc = await readFile('docs/command-line.md', 'utf8')
    const kept = doc.split('<!-- verbs -->')[1]?.split('<!-- /verbs -->')[0] ?? ''
    assert.equal(kept.trim(), verbsMarkdown(), 'write it anew from verbsMarkdown() of client/cli/program.ts')
  })

  it('names the verbs that the help names, and every exit code of a failure', async () => {
    const { out } = await hikeshi(['--help'])
    const doc = await readFile('docs/command-line.md', 'utf8')
    const verbs = [...out.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, verb]) => verb)
    assert.ok(verbs.length > 20, out)
    for (const verb of verbs) if (verb !== 'help') assert.match(doc, new RegExp(`hikeshi ${verb}`), verb)
    for (const { exit } of Object.values(failures)) assert.match(doc, new RegExp(`^\\| ${exit} `, 'm'))
  })
})
