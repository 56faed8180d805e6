/** docs/runbook-walkthrough.md, as it is written from the steps and what they printed, and read again. */

import { begin, sections } from './sections.ts'
import { type SeedBlock, seedSections } from './seed.ts'
import type { Entry, Step } from './step.ts'

export const pageFile = 'docs/runbook-walkthrough.md'

export type Outputs = ReadonlyMap<Step, string>

const title = `# The runbook, followed from top to bottom

The Japanese runbook from which hikeshi grew, section by section: what it says, and the commands that do the same here, with what they print. Every block that a
shell can take is pasted into one as well: with the lab's addresses for production's, placeholders filled in, what is defective corrected, and what a person
looks at without an end (\`watch\`, a stream, a loop) until it shows something or for some seconds. Long lines are cut. A pasted command that does not end with 0 says so: \`(exit code 1)\`. Written by
\`npx tsx test/scenarios/walkthrough/write.ts\`, which types every command into a shell against a lab; \`test/scenarios/walkthrough.test.ts\` types them again and
holds their exit codes and the lines that do not vary against this page. Times, hashes, ports and names of pods are made alike; figures are those of one run.
[runbook-coverage.md](runbook-coverage.md) has the same commands as a table, with the tests that hold each.

One incident, \`shodo-1\` of the backend, goes through all of it; the database, Redis and the AI server have one each. \`aoki\` types, and other people approve:
whoever asked for a change never may. An approval names the hash of what was seen; on a terminal \`hikeshi approve\` shows it and asks instead.
`

/** The page; without outputs only what does not depend on a run. */
export function written(outputs: Outputs = new Map()): string {
  const byHeading = new Map(sections.map(({ heading, entries }) => [heading, entries]))
  const parts = seedSections()
    .slice(1)
    .flatMap(({ level, heading, blocks }) => [
      `${'#'.repeat(level)} ${heading}`,
      ...(byHeading.get(heading) ?? []).flatMap((entry) => [
        ...(entry.block === undefined ? [] : [theirs(blocks[entry.block])]),
        ...entryParts(entry, outputs),
      ]),
    ])
  const start = begin.flatMap((entry) => entryParts(entry, outputs))
  return `${[title, '## Before you begin', ...start, ...parts].map((part) => part.trimEnd()).join('\n\n')}\n`
}

function theirs(block: SeedBlock | undefined): string {
  if (block === undefined) throw new Error('the seed has no such block')
  return `The runbook:\n\n${fenced(block.language || 'text', block.text)}`
}

function entryParts({ says, defect, byPeople, steps = [] }: Entry, outputs: Outputs): readonly string[] {
  return [
    ...(defect === undefined ? [] : [`**Defective as written**: ${defect}`]),
    ...(byPeople === undefined ? [] : [`**Done by a person**: ${byPeople}`]),
    says,
    ...steps.flatMap((step) => stepParts(step, outputs)),
  ]
}

function stepParts(step: Step, outputs: Outputs): readonly string[] {
  const { run, meanwhile = [], exit, pasted } = step
  const others = meanwhile.flatMap((other) => stepParts(other, outputs))
  return [
    ...(pasted === undefined ? [fenced('sh', run)] : pastedParts(run, pasted)),
    ...(others.length === 0
      ? []
      : ['Meanwhile, in another terminal:', ...others, 'And the first one ends with:']),
    ...(exit === undefined ? [] : [`Exit code ${exit}:`]),
    fenced(outputMark, outputs.get(step) ?? ''),
  ]
}

function pastedParts(run: string, { text }: SeedBlock): readonly string[] {
  return run === text
    ? ['Pasted as it stands:']
    : ['Pasted with what it leaves open filled in:', fenced('sh', run)]
}

/** What a program printed, and nothing else on the page. */
const outputMark = 'console'

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text === '' ? '' : `${text}\n`}\`\`\``
}

const outputBlock = /^```console\n([\s\S]*?)^```$/gm

/** The page without what its commands printed: that is all that a run has no part in. */
export function withoutOutputs(page: string): string {
  return page.replaceAll(outputBlock, '```console\n```')
}

/** What the page says that each step printed, in its order on the page. */
export function outputsOf(page: string): readonly string[] {
  return [...page.matchAll(outputBlock)].map(([, text = '']) => text)
}

/** The order in which outputs stand on the page: behind what was typed in the meantime. */
export function printed(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [...printed(step.meanwhile ?? []), step])
}
