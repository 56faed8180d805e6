import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { catalogue, type HandName, handNames } from '../../../domain/steps/catalogue.ts'
import { findingCodes } from '../../../domain/steps/finding-codes.ts'

const kinds = handNames
/** Those that put hands together come first: other files may name a kind too. */
const sources = new Map(
  filesIn('activities')
    .toSorted((a, b) => Number(b.endsWith('/index.ts')) - Number(a.endsWith('/index.ts')))
    .map((file) => [file, readFileSync(file, 'utf8')]),
)
const tests = ['test/activities', 'test/parity', 'test/restore']
  .flatMap(filesIn)
  .map((file) => readFileSync(file, 'utf8'))

/** What types do not hold is read from the sources: the files of the hands name the codes that they report. */
describe('the hands of each kind', () => {
  const behind = new Map(kinds.map((kind) => [kind, reachedFrom(handOf(kind))]))

  for (const [kind, files] of behind)
    it(`of ${kind} report what it declares to find, all of it and nothing else`, () => {
      const [file = assert.fail(`no file in activities/ says '${kind}': …`)] = files
      const own = [...files].filter((one) => one === file || usersOf(one).length === 1)
      const finds: readonly string[] = catalogue[kind].finds
      assert.deepEqual(lacking(own.flatMap(codesIn), finds), [], `missing in "finds", ${file} reports it`)
      const reported = [...files].flatMap(codesIn)
      assert.deepEqual(lacking(finds, reported), [], `in "finds", and reported by nothing behind ${file}`)
    })

  const usersOf = (file: string) => kinds.filter((kind) => behind.get(kind)?.has(file))

  it('are called by a test', () => {
    const untested = kinds.filter((kind) => !tests.some((text) => text.includes(`'${kind}'`)))
    assert.deepEqual(
      untested,
      [],
      'call them by the name of the kind, in test/activities/, test/parity/ or test/restore/',
    )
  })
})

describe('each code of a finding', () => {
  it('is found by a kind', () => {
    const found = kinds.flatMap((kind): readonly string[] => catalogue[kind].finds)
    assert.deepEqual(lacking(findingCodes, found), [])
  })
})

function lacking(all: readonly string[], known: readonly string[]): readonly string[] {
  return all.filter((one) => !known.includes(one))
}

/** Where the function stands that is put behind the name of the kind. */
function handOf(kind: HandName): string | undefined {
  const entry = new RegExp(`'${kind}':((?:.|\\n(?! *['}]))+)`)
  for (const [file, text] of sources) {
    const [, hand] = entry.exec(text) ?? []
    if (hand === undefined) continue
    const words: readonly string[] = hand.match(/\w+/g) ?? []
    return importsOf(file).find(({ names }) => names.some((name) => words.includes(name)))?.file ?? file
  }
  return undefined
}

/** Of functions, and from files of ours. */
function importsOf(file: string) {
  const imports = (sources.get(file) ?? '').matchAll(/^import \{([^}]+)\} from '(\.[^']+)'/gm)
  return [...imports]
    .map(([, names = '', from = '']) => ({
      names: names.match(/\w+/g) ?? [],
      file: join(dirname(file), from),
    }))
    .filter((one) => sources.has(one.file))
}

/** The file itself is the first. */
function reachedFrom(file: string | undefined, seen = new Set<string>()): ReadonlySet<string> {
  if (file === undefined || seen.has(file)) return seen
  seen.add(file)
  for (const one of importsOf(file)) reachedFrom(one.file, seen)
  return seen
}

/** A failure may have the name of a code. */
function codesIn(file: string): readonly string[] {
  const text = (sources.get(file) ?? '').replaceAll(/\b(?:refuse|isRefusal)\([^()']*'[a-z-]+'/g, '')
  return findingCodes.filter((code) => text.includes(`'${code}'`))
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
}
