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
  /** Of those, what is not for it. */
  readonly but?: readonly string[]
  /** `*` stands for every package. */
  readonly packages: readonly string[]
  /** Only by `await import(…)`: verbs of the command line that host another ring or door, loaded when they are typed. */
  readonly lazily?: readonly string[]
}

const belowDoors = ['domain/', 'edge/', 'wire/', 'channels/', 'client/', 'package.json']

/** By folder; of two that hold a file the inner one counts. */
const rings: { readonly [ring: string]: Ring } = {
  domain: { local: ['domain/'], packages: ['zod', '@noble/hashes'] },
  // What crosses Temporal, for workflows too; only what is asked of the server itself knows a client.
  wire: { local: ['domain/', 'wire/'], but: ['wire/server/'], packages: ['@temporalio/common'] },
  'wire/server': { local: ['domain/', 'wire/'], packages: ['@temporalio/client'] },
  edge: {
    local: ['domain/', 'edge/'],
    packages: ['node:crypto', 'node:fs', 'node:path', 'node:v8', 'node:vm', 'zod', 'yaml'],
  },
  channels: { local: ['domain/', 'edge/', 'channels/'], packages: ['node:crypto', 'node:fs', 'zod'] },
  workflows: {
    local: ['domain/', 'wire/', 'workflows/'],
    but: ['wire/server/'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  activities: { local: ['domain/', 'edge/', 'wire/', 'channels/', 'activities/'], packages: ['*'] },
  client: { local: belowDoors, but: ['client/doors/'], packages: ['*'] },
  // What is told, for every door: no screen, no page, nothing to lay it out with.
  'client/words': {
    local: ['domain/', 'edge/', 'wire/', 'client/incidents/', 'client/doctor/', 'client/words/'],
    but: ['wire/server/'],
    packages: [],
  },
  'client/doors/http': {
    local: [...belowDoors, 'client/doors/http/'],
    but: doorsBut('http'),
    packages: ['*'],
  },
  'client/doors/alertmanager': { local: belowDoors, but: doorsBut('alertmanager'), packages: ['*'] },
  'client/doors/cli': {
    local: belowDoors,
    but: doorsBut('cli'),
    packages: ['*'],
    lazily: ['client/doors/', 'lab/cli.ts', 'workers/bundle.ts', 'workers/main.ts', 'workers/reexecute.ts'],
  },
  workers: {
    local: ['domain/', 'edge/', 'wire/', 'channels/', 'workflows/', 'activities/', 'workers/'],
    packages: ['*'],
  },
}

/** No door knows another one. */
function doorsBut(own: string): readonly string[] {
  return readdirSync(join(root, 'client/doors'))
    .filter((door) => door !== own)
    .map((door) => `client/doors/${door}/`)
}

const folders = [
  'domain',
  'wire',
  'edge',
  'channels',
  'workflows',
  'activities',
  'client',
  'workers',
  'lab',
  'bench',
]

/** Tests stand beside the code of a channel, with what they bring along; none of it is shipped. */
function isTest(file: string): boolean {
  return /\.test\.ts$|(?:^|\/)fixtures\//.test(file)
}

function sourcesOf(ring: string): readonly string[] {
  if (!existsSync(join(root, ring))) return []
  return readdirSync(join(root, ring), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !isTest(file))
    .map((file) => `${ring}/${file}`)
    .sort()
}

/** The text without comments. A `//` counts as one only after white space, because addresses contain it too. */
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

function ringOf(file: string): Ring | undefined {
  const [inner] = Object.keys(rings)
    .filter((folder) => file.startsWith(`${folder}/`))
    .toSorted((a, b) => b.length - a.length)
  return inner === undefined ? undefined : rings[inner]
}

function isIn(places: readonly string[], file: string): boolean {
  return places.some((place) => file === place || (place.endsWith('/') && file.startsWith(place)))
}

function isAllowed({ from, to, lazy }: Import): boolean {
  const ring = ringOf(from)
  if (ring === undefined || (lazy && isIn(ring.lazily ?? [], to))) return true
  if (isTest(to)) return false
  if (/^(domain|edge|wire|channels|workflows|activities|client|workers|lab|test|bench)\//.test(to))
    return isIn(ring.local, to) && !isIn(ring.but ?? [], to)
  const inTree = to.startsWith('.') || existsSync(join(root, to))
  if (inTree) return ring.local.includes(to)
  return ring.packages.some((name) => name === '*' || to === name || to.startsWith(`${name}/`))
}

/**
 * Who imports whom in one folder, its files and subfolders taken as rooms; imports of types count, because whoever reads a room goes through
 * its door.
 */
function roomsIn(folder: string, imports: readonly Import[]): ReadonlyMap<string, readonly string[]> {
  const inside = folder === '' ? '' : `${folder}/`
  const roomOf = (file: string): string | undefined =>
    file.startsWith(inside) ? file.slice(inside.length).split('/')[0] : undefined
  const rooms = new Map<string, string[]>()
  for (const { from, to, lazy } of imports) {
    const [a, b] = [roomOf(from), roomOf(to)]
    if (a === undefined || b === undefined || a === b || lazy) continue
    rooms.set(a, [...(rooms.get(a) ?? []), b])
  }
  return rooms
}

function foldersOf(files: readonly string[]): readonly string[] {
  const all = new Set([''])
  for (const file of files)
    for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) all.add(folder)
  return [...all]
}

/** The first circle that a walk meets, or undefined. */
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
        .filter((file) => ringOf(file) === rings[ring])
        .flatMap((file) => importsOf(file))
        .filter((entry) => !isAllowed(entry))
        .map(({ from, to }) => `${from} → ${to}`)
      assert.deepEqual(outwards, [])
    })
  }

  const files = folders.flatMap(sourcesOf)
  const known = new Set(files)
  const imports = files.flatMap((file) => importsOf(file)).filter(({ to }) => known.has(to))

  it('have no circle of files, imports of types included', () => {
    assert.ok(files.length > 300, `only ${files.length} files were found`)
    const graph = new Map<string, string[]>()
    for (const { from, to, lazy } of imports) if (!lazy) graph.set(from, [...(graph.get(from) ?? []), to])
    assert.equal(circleIn(graph)?.join(' → '), undefined)
  })

  for (const folder of foldersOf(files))
    it(`have no circle of rooms in ${folder === '' ? 'the house' : `${folder}/`}`, () => {
      assert.equal(circleIn(roomsIn(folder, imports))?.join(' → '), undefined)
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

  it('finds rooms in a circle whose files are in none, and by types alone', () => {
    const one = (from: string, to: string): Import => ({ from, to, typeOnly: true, lazy: false })
    const planted = [one('x/a/one.ts', 'x/b/two.ts'), one('x/b/three.ts', 'x/a/four.ts')]
    assert.deepEqual(circleIn(roomsIn('x', planted)), ['a', 'b', 'a'])
    assert.equal(circleIn(roomsIn('', planted)), undefined)
  })

  it('knows an import against the rings where one is planted', () => {
    const planted = (from: string, to: string) => isAllowed({ from, to, typeOnly: true, lazy: false })
    assert.equal(planted('domain/x.ts', 'client/refused.ts'), false)
    assert.equal(planted('workflows/x.ts', 'wire/server/stuck.ts'), false)
    assert.equal(planted('client/incidents/x.ts', 'client/doors/http/server.ts'), false)
    assert.equal(planted('client/words/x.ts', 'client/doors/cli/terminal.ts'), false)
    assert.equal(planted('client/words/x.ts', 'string-width'), false)
    assert.equal(planted('client/doors/http/x.ts', 'client/doors/cli/session.ts'), false)
    assert.equal(planted('client/doors/cli/x.ts', 'client/doors/http/server.ts'), false)
    assert.equal(planted('client/doors/cli/x.ts', 'client/incidents/incidents.ts'), true)
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
