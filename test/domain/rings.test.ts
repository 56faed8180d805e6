import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** One import of a source file; `to` is a path from the root, or a package. */
type Import = {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
  readonly lazy: boolean
}

type Ring = {
  /** Folders and single files. */
  readonly local: readonly string[]
  /** `*` stands for every package. */
  readonly packages: readonly string[]
  /** Only by `await import(…)`: verbs of the command line that host another ring, loaded when they are typed. */
  readonly lazily?: readonly string[]
}

const rings: { readonly [ring: string]: Ring } = {
  domain: { local: ['domain/'], packages: ['zod', '@noble/hashes'] },
  workflows: {
    local: ['domain/', 'workflows/'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  wire: { local: ['domain/', 'wire/', 'workflows/messages.ts'], packages: ['@temporalio/client'] },
  edge: { local: ['edge/'], packages: ['node:crypto', 'node:fs', 'node:path'] },
  activities: { local: ['domain/', 'edge/', 'activities/'], packages: ['*'] },
  client: {
    local: ['domain/', 'edge/', 'wire/', 'workflows/messages.ts', 'client/', 'package.json'],
    packages: ['*'],
    lazily: ['lab/cli.ts', 'workers/bundle.ts', 'workers/main.ts', 'workers/reexecute.ts'],
  },
  workers: { local: ['domain/', 'edge/', 'wire/', 'workflows/', 'activities/', 'workers/'], packages: ['*'] },
}

function sourcesOf(ring: string): readonly string[] {
  if (!existsSync(join(root, ring))) return []
  return readdirSync(join(root, ring), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${ring}/${file}`)
    .sort()
}

/** The text without comments. A `//` counts as one only after white space, for it stands in addresses too. */
function codeOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** TypeScript 7 has no compiler in JavaScript, so imports are read from the text; Biome keeps them in these shapes. */
function importsOf(file: string, code = codeOf(file)): readonly Import[] {
  const early = [
    ...code.matchAll(/^(?:import|export)\s+(type\s+)?([\w*{}\s,$]*?)\s*from\s*'([^']+)'/gm),
    ...code.matchAll(/^import\s*()()'([^']+)'/gm),
  ]
  const late = [...code.matchAll(/\bimport\(\s*()()'([^']+)'/g)]
  return [...early, ...late].map((statement, i) => {
    const [, type, names = '', to = ''] = statement
    return {
      from: file,
      to: to.startsWith('.') ? join(dirname(file), to) : to,
      typeOnly: type?.startsWith('type') === true || namesTypesOnly(names),
      lazy: i >= early.length,
    }
  })
}

function namesTypesOnly(names: string): boolean {
  const inside = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]
  if (inside === undefined) return false
  const each = inside.split(',').map((name) => name.trim())
  return each.filter((name) => name !== '').every((name) => name.startsWith('type '))
}

function isAllowed({ from, to, lazy }: Import): boolean {
  const ring = rings[from.slice(0, from.indexOf('/'))]
  if (ring === undefined || (lazy && ring.lazily?.includes(to))) return true
  if (/^(domain|edge|wire|workflows|activities|client|workers|lab|test|bench)\//.test(to))
    return ring.local.some((place) => to === place || (place.endsWith('/') && to.startsWith(place)))
  const inTree = to.startsWith('.') || existsSync(join(root, to))
  if (inTree) return ring.local.includes(to)
  return ring.packages.some((name) => name === '*' || to === name || to.startsWith(`${name}/`))
}

/** The first circle of value imports that a walk from a file meets, or undefined. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...path, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const circle = walk(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

/** What gives another answer at another time, on another machine or under another Node. */
const impure =
  /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bIntl\b|\.toLocale\w*|\.localeCompare\b|\bprocess\.\w|\bglobalThis\b|\bperformance\.\w|\bcrypto\.\w|\bfetch\(|\brequire\(|\bWeakRef\b|\bFinalizationRegistry\b/

describe('the rings', () => {
  for (const ring of Object.keys(rings)) {
    it(`${ring}/ imports only inwards`, () => {
      const outwards = sourcesOf(ring)
        .flatMap((file) => importsOf(file))
        .filter((entry) => !isAllowed(entry))
        .map(({ from, to }) => `${from} → ${to}`)
      assert.deepEqual(outwards, [])
    })
  }

  it('have no circles of imports', () => {
    const files = [...Object.keys(rings), 'lab'].flatMap(sourcesOf)
    assert.ok(files.length > 50, `only ${files.length} files were found`)
    const graph = new Map(
      files.map((file) => [file, importsOf(file).flatMap((i) => (i.typeOnly ? [] : [i.to]))] as const),
    )
    assert.equal(circleIn(graph)?.join(' → '), undefined)
  })

  it('import only files that exist', () => {
    const missing = ['domain', 'workflows']
      .flatMap(sourcesOf)
      .flatMap((file) => importsOf(file))
      .filter(({ to }) => to.endsWith('.ts') && !existsSync(join(root, to)))
    assert.deepEqual(missing, [])
  })
})

describe('domain/', () => {
  it('knows no clock, no chance, no place and no process', () => {
    const found = sourcesOf('domain').flatMap((file) => {
      const lines = codeOf(file).split('\n')
      return lines.flatMap((line) => (impure.test(line) ? [`${file}: ${line.trim()}`] : []))
    })
    assert.deepEqual(found, [])
  })
})

describe('the reading of imports', () => {
  const read = (code: string) =>
    importsOf('domain/x/y.ts', code).map(({ to, typeOnly }) => `${typeOnly ? 'type ' : ''}${to}`)

  it('knows every shape in which they are written', () => {
    assert.deepEqual(read("import { a } from './a.ts'"), ['domain/x/a.ts'])
    assert.deepEqual(read("import {\n  type A,\n  b,\n} from '../b.ts'"), ['domain/b.ts'])
    assert.deepEqual(read("import {\n  type A,\n  type B,\n} from '../b.ts'"), ['type domain/b.ts'])
    assert.deepEqual(read("import type { A } from 'zod'\nimport * as z from 'zod'"), ['type zod', 'zod'])
    assert.deepEqual(read("import x, { type Y } from 'x'\nexport * from './z.ts'"), ['x', 'domain/x/z.ts'])
    assert.deepEqual(read("export type { A } from './a.ts'"), ['type domain/x/a.ts'])
    assert.deepEqual(read("import './side.ts'\nconst m = await import('../far.ts')"), [
      'domain/x/side.ts',
      'domain/far.ts',
    ])
  })

  it('finds a circle where there is one', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ])
    assert.deepEqual(circleIn(graph), ['b', 'd', 'b'])
  })
})
