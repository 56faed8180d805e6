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

/** The day of the example in docs/runbook.md. */
const written = Date.parse('2026-11-28T12:00:00Z')

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

  it('has the example in docs/runbook.md that init prints', async () => {
    const doc = await readFile('docs/runbook.md', 'utf8')
    const example = doc.split('```yaml\n')[1]?.split('\n```')[0]
    assert.equal(example, starterRunbook('kura', written).trimEnd())
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
      const bytes = new TextEncoder().encode(starterRunbook(name, written))
      const read = readRunbookBytes(bytes, 'x.yaml', {}, written)
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

  it('is as young as the day on which it is made', () => {
    const text = starterRunbook('kura', Date.parse('2031-01-31T12:00:00Z'))
    assert.match(text, /^updated: 2031-01-31\nnextReview: 2031-05-03$/m)
  })

  it('is begun by init and read from standard input by check', async () => {
    const { exit, out } = await hikeshi(['runbook', 'init', 'shop'])
    assert.equal(exit, 0)
    const checked = await hikeshi(['runbook', 'check', '-'], { stdin: out })
    assert.match(checked.out, /^ok {2}shop /, 'no warning: it is not due for review on the day it is made')
    assert.equal((await hikeshi(['runbook', 'init', 'No Name'])).exit, 2)
  })
})

describe('words of a runbook that cannot act', () => {
  const warningsOf = (from: string, to: string) => {
    const text = starterRunbook('kura', written)
    assert.ok(text.includes(from), from)
    const read = readRunbookBytes(new TextEncoder().encode(text.replace(from, to)), 'x.yaml', {})
    assert.ok('book' in read, JSON.stringify(read))
    return read.warnings.map((w) => explainWarning(w, 'en')).join('\n')
  }

  it('are named: a deployment of nobody, findings that nothing looks for, a threshold that nothing uses, what nothing automates', () => {
    assert.match(
      warningsOf('deployment: $service.deployment }\n        when', 'deployment: wbe }\n        when'),
      /^x\.yaml:\d+:\d+: warning: No service has the deployment "wbe"\. Did you mean "web"\?$/,
    )
    assert.match(
      warningsOf('when: [bad-rollout]', 'when: [gpu-missing]'),
      /finds "gpu-missing" for its service: step "rollback" is never proposed/,
    )
    assert.match(
      warningsOf('signs: [health-failing]', 'signs: [replica-lag]'),
      /finds "replica-lag" for its service: it never points to this symptom/,
    )
    assert.match(
      warningsOf('    look:\n', '    slowAfter: 3s\n    look:\n'),
      /"slowAfter" of "cache" is not used/,
    )
    assert.match(
      warningsOf('automatic: [reversible]', 'automatic: [reversible, disruptive]'),
      /^x\.yaml:\d+:\d+: warning: No disruptive step runs by itself: a worker requires at least 1 approval/,
    )
  })
})
