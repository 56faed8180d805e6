import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { explainLocated, explainWarning, readRunbookBytes } from '../../client/runbook/read-runbook.ts'
import {
  describedWords,
  meaningOf,
  referenceMarkdown,
  wordsOfRunbook,
} from '../../client/runbook/reference.ts'
import { starterRunbook } from '../../client/runbook/starter.ts'
import { kindOf } from '../../domain/steps/catalogue.ts'
import { hikeshi } from './cli-process.ts'

describe("the runbook's reference", () => {
  const words = wordsOfRunbook().map(({ path }) => path)

  it('says of every word of the schema what it is for, and of no other', () => {
    assert.deepEqual(
      words.filter((word) => meaningOf(word) === undefined),
      [],
    )
    assert.deepEqual(
      describedWords.filter((word) => !words.includes(word)),
      [],
    )
  })

  it('stands in docs/runbook.md as schema and catalogue are today, beside the example that init prints', async () => {
    const doc = await readFile('docs/runbook.md', 'utf8')
    const kept = doc.split('<!-- reference -->')[1]?.split('<!-- /reference -->')[0] ?? ''
    assert.equal(
      bare(kept),
      bare(referenceMarkdown()),
      'write it anew: npm run hikeshi -- runbook schema --markdown',
    )
    const example = doc.split('```yaml\n')[1]?.split('\n```')[0]
    assert.equal(example, starterRunbook('kura').trimEnd())
  })

  it('shows every default of a step as a file would say it', () => {
    let seen = 0
    for (const [, kind = '', params = ''] of referenceMarkdown().matchAll(
      /^\| `([\w.-]+)` \|.*\| ([^|]*) \|$/gm,
    )) {
      const known = kindOf(kind)?.params
      if (!(known instanceof z.ZodObject)) continue
      for (const [, name = '', shown = ''] of params.matchAll(/`(\w+) = ([^`]*)`/g)) {
        const field: z.ZodType = known.shape[name]
        const meant = z.safeParse(field, /^\d+$/.test(shown) ? Number(shown) : shown)
        const given = meant.success ? meant : z.safeParse(field, shown === 'true')
        assert.deepEqual(given.data, z.safeParse(field, undefined).data, `${kind}: ${name} = ${shown}`)
        seen += 1
      }
    }
    assert.ok(seen > 10, String(seen))
  })

  it('has an example that is right, without a warning, under any name', () => {
    for (const name of ['kura', 'picture-store']) {
      const bytes = new TextEncoder().encode(starterRunbook(name))
      const read = readRunbookBytes(bytes, 'x.yaml', {}, Date.parse('2026-11-28'))
      assert.ok(
        'book' in read,
        'problems' in read ? read.problems.map((p) => explainLocated(p, 'en')).join() : '',
      )
      assert.deepEqual(
        read.warnings.map((w) => explainWarning(w, 'en')),
        [],
      )
    }
  })

  it('is begun by init and read from standard input by check', async () => {
    const { exit, out } = await hikeshi(['runbook', 'init', 'shop'])
    assert.equal(exit, 0)
    const checked = await hikeshi(['runbook', 'check', '-'], { stdin: out })
    assert.match(checked.out, /^ok {2}shop /)
    assert.equal((await hikeshi(['runbook', 'init', 'No Name'])).exit, 2)
  })
})

describe('words of a runbook that cannot act', () => {
  const warningsOf = (from: string, to: string) => {
    const text = starterRunbook('kura')
    assert.ok(text.includes(from), from)
    const read = readRunbookBytes(new TextEncoder().encode(text.replace(from, to)), 'x.yaml', {})
    assert.ok('book' in read, JSON.stringify(read))
    return read.warnings.map((w) => explainWarning(w, 'en')).join('\n')
  }

  it('are named: a deployment of nobody, findings that nothing looks for, a threshold that nothing uses, what nothing automates', () => {
    assert.match(
      warningsOf('deployment: $service.deployment }\n        when', 'deployment: wbe }\n        when'),
      /^x\.yaml:\d+:\d+: No service has the deployment "wbe"\. Did you mean "web"\?$/,
    )
    assert.match(
      warningsOf('when: [bad-rollout]', 'when: [gpu-missing]'),
      /finds "gpu-missing" at its service: step "rollback" is never proposed/,
    )
    assert.match(
      warningsOf('signs: [health-failing]', 'signs: [replica-lag]'),
      /finds "replica-lag" at its service: it never speaks for this symptom/,
    )
    assert.match(
      warningsOf('    look:\n', '    slowAfter: 3s\n    look:\n'),
      /"slowAfter" of "cache" is not used/,
    )
    assert.match(
      warningsOf('automatic: [reversible]', 'automatic: [reversible, disruptive]'),
      /^x\.yaml:\d+:\d+: Nothing disruptive runs by itself: a worker asks for at least 1 approval/,
    )
  })
})

/** A formatter fills the cells of tables up; that says nothing. */
function bare(markdown: string): string {
  return markdown.trim().replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
}
