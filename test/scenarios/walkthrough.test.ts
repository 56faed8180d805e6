/** docs/runbook-walkthrough.md: accounts for every block of the seed, and its commands do in a lab what it says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { healLab, type Lab, labDown, labUp } from '../../lab/index.ts'
import { testLabName } from '../lab/shared.ts'
import { skipWithout } from '../lab/skip.ts'
import { buildReleased } from '../surfaces/released-program.ts'
import { alike, stableLines } from './walkthrough/alike.ts'
import { outputsOf, pageFile, printed, withoutOutputs, written } from './walkthrough/page.ts'
import { type Played, play } from './walkthrough/play.ts'
import { sections, steps } from './walkthrough/sections.ts'
import { seedSections } from './walkthrough/seed.ts'
import { missing, type Step } from './walkthrough/step.ts'

const page = readFileSync(pageFile, 'utf8')

describe('the walkthrough of the runbook', () => {
  it('has an entry for every fenced block of the seed, in its order, and says what is wrong or left to people', () => {
    const theirs = seedSections().flatMap(({ heading, blocks }) =>
      blocks.map((_, block) => `${heading} ${block}`),
    )
    const ours = sections.flatMap(({ heading, entries }) =>
      entries.flatMap(({ block }) => (block === undefined ? [] : [`${heading} ${block}`])),
    )
    assert.deepEqual(ours, theirs)
    assert.equal(theirs.length, 20)
    const headings = seedSections().map(({ heading }) => heading)
    for (const { heading, entries } of sections) {
      assert.ok(headings.includes(heading), heading)
      for (const { steps: own = [], byPeople } of entries)
        assert.ok(own.length > 0 || byPeople !== undefined, `${heading} has neither a command nor a reason`)
    }
  })

  it('is written from its steps: npx tsx test/scenarios/walkthrough/write.ts', () => {
    assert.equal(withoutOutputs(page), written())
    assert.equal(outputsOf(page).length, printed(steps).length)
  })

  it('tells what has to be the same from what differs by itself', () => {
    const output = (hash: string, at: string, pod: string, ready: number) =>
      `#12 ${at}  step restart verified [${hash}]\nTarget  deployment/shodo/${pod}   ${ready} Ready`
    const [one, other] = [
      output('00aa11bb', '2026-01-02 03:04:05', 'shodo-backend-5d4f6b7c8-abcde', 3),
      output('9f9e9d9c', '2027-11-12 13:14:15', 'shodo-backend-7f6d5c4b3-vwxyz', 10),
    ].map((text) => alike(text, [['deployment', 'workload']])) as [string, string]
    assert.match(one, /\[0f3a6c1e\]\nTarget {2}workload\/shodo\/shodo-backend-7c9d8b6f5d-x2k4q {3}3 Ready$/)
    assert.deepEqual(stableLines(one, [/^Target /]), stableLines(other, [/^Target /]))
    assert.deepEqual(stableLines(one, [/verified/, /^Target /]).length, 2)
    assert.notDeepEqual(
      stableLines(one, [/verified/]),
      stableLines(one.replace('restart', 'rollback'), [/verified/]),
    )
  })

  describe('in a lab', function () {
    this.timeout(1_800_000)
    let lab: Lab
    before(async function () {
      // A lab of its own: `open` is the only open incident, and the first one is shodo-1.
      lab = await labUp({ name: testLabName('walkthrough') })
      skipWithout(this, lab, 'postgres', 'pgbackrest', 'redis', 'exec', 'prometheus')
      await buildReleased()
      await healLab(lab)
    })
    after(() => labDown(testLabName('walkthrough')))

    it('every command ends as the page says, and prints the lines that do not vary', async () => {
      const documented = outputsOf(page)
      const played = new Map<Step, Played>()
      await play(steps, lab, (step, outcome) => {
        played.set(step, outcome)
        if (missing(step).length === 0)
          assert.equal(outcome.exit, step.exit ?? 0, `${step.run}\n${outcome.output}`)
      })
      for (const [at, step] of printed(steps).entries()) {
        const { holds = [], shows = [], pasted } = step
        const lacks = missing(step)
        if (lacks.length > 0) {
          console.log(`      not compared, since this machine has no ${lacks.join(', ')}: ${step.run}`)
          continue
        }
        const output = played.get(step)?.output ?? ''
        const same = pasted === undefined ? holds : [/^\(exit code/, ...holds]
        assert.deepEqual(
          stableLines(output, same),
          stableLines(documented[at] ?? '', same),
          `${step.run}\n${output}`,
        )
        for (const pattern of [...holds, ...shows])
          assert.ok(stableLines(output, [pattern]).length > 0, `${step.run}: no ${pattern} in\n${output}`)
      }
    })
  })
})
