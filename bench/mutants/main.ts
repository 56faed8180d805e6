/**
 * How much of domain/ the types and its tests hold: one token of it is changed at a time, and either tsc or a test must say so.
 * `--help` says how.
 */
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { chosen } from './choice.ts'
import { equivalents } from './equivalent.ts'
import { applied, type Mutation, mutationsOf } from './mutations.ts'
import { openTests } from './tests.ts'
import { openTypes } from './types.ts'

const help = `tsx bench/mutants/main.ts [--count 200] [--seed 1] [--only domain/timeline]

Changes one token of domain/ at a time (an operator, a number, true or false, !, -, some and every, min and max, startsWith and
endsWith), and asks first the types of the changed file, then the tests in test/domain/ that reach it, the quick and near ones first,
until one fails. The same seed picks the same places, and random tests run a fifth of their runs with one seed, so a result can be had
again. Sentences and other texts are not changed: types hold the codes, and words are for people to judge.

Prints a line for each, those that survived, and the score: N of M killed. Changes that do the same (bench/mutants/equivalent.ts) are
counted apart, and may be 2 % at most. Exit 1 below 95 %.
`
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'domain' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

const root = process.cwd()
const wanted = 0.95
const equivalentAtMost = 0.02
setPriority(10)

const types = openTypes(root)
const all = (await sources(values.only)).flatMap((file) => {
  const source = types.source(file)
  return source === undefined ? [] : mutationsOf(file, source)
})
const tests = await openTests(root)

const survived: string[] = []
const same: string[] = []
const picked = chosen(root, all, Number(values.count), Number(values.seed))
for (const [index, mutation] of picked.entries()) {
  const before = readFileSync(mutation.file, 'utf8')
  const text = applied(before, mutation)
  const started = performance.now()
  const byTypes = types.says(mutation.file, text)
  const killer = byTypes === undefined ? await tests.fail({ file: mutation.file, text }) : 'types'
  const reason = whySame(mutation, before)
  const verdict = killer ?? (reason === undefined ? 'SURVIVED' : `the same: ${reason}`)
  if (killer === undefined)
    (reason === undefined ? survived : same).push(`${place(mutation)} ${reason ?? ''}`)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`${index + 1}/${picked.length} ${place(mutation)} ${seconds} s ${verdict}`)
}
await tests.close()
types.close()

const judged = picked.length - same.length
const killed = judged - survived.length
const percent = ((100 * killed) / judged).toFixed(1)
for (const line of same) console.log(`the same: ${line}`)
for (const line of survived) console.log(`survived: ${line}`)
console.log(`${killed} of ${judged} killed (${percent} %), ${same.length} do the same; seed ${values.seed}`)
process.exit(killed >= wanted * judged && same.length <= equivalentAtMost * picked.length ? 0 : 1)

async function sources(folder: string): Promise<readonly string[]> {
  const files = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile() && file.name.endsWith('.ts'))
    .map((file) => join(file.parentPath, file.name))
    .sort()
}

function whySame(mutation: Mutation, text: string): string | undefined {
  const line = text.split('\n')[mutation.line - 1]?.trim()
  const file = relative(root, mutation.file)
  return equivalents.find(
    (one) => one.file === file && one.line === line && one.was === mutation.was && one.is === mutation.is,
  )?.because
}

function place({ file, line, was, is }: Mutation): string {
  return `${relative(root, file)}:${line} ${was} -> ${is === '' ? 'nothing' : is}`
}
