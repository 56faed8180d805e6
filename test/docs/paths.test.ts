import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path/posix'
import { pages, sources, tree } from './tree.ts'

const roots = [...new Set(tree.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''))]

/** What a page names of the tree: `domain/steps/<system>.ts` or `test/**` is any such path, a folder may lack its slash. */
const named = new RegExp(
  `(?<![\\w./~$<>{}-])(?:${roots.join('|').replaceAll('.', '\\.')})/[\\w./<>*@-]*`,
  'g',
)

describe('the pages', () => {
  it('name only paths that exist', () => {
    for (const page of kept) assert.deepEqual(missingIn(readFileSync(page, 'utf8')), [], page)
  })

  it('that the code names exist', () => {
    for (const file of sources) {
      const gone = missingIn(readFileSync(file, 'utf8')).filter((path) => path.startsWith('docs/'))
      assert.deepEqual(gone, [], file)
    }
  })

  it('link only to pages and headings that exist', () => {
    for (const page of kept) assert.deepEqual(deadLinksIn(readFileSync(page, 'utf8'), page), [], page)
  })

  it('name only functions that the code has', () => {
    const code = sources.map((file) => readFileSync(file, 'utf8')).join('\n')
    const guides = kept.filter((page) => /^docs\/(?:architecture|adding\/.+)\.md$/.test(page))
    const functions = guides.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/(\w+)\(\)/g)].map(([, name]) => name),
    )
    const declared = (name = '') => new RegExp(`function ${name}\\b|^  (?:async )?${name}\\(`, 'm').test(code)
    assert.ok(functions.length > 30)
    assert.deepEqual(
      functions.filter((name) => !declared(name)),
      [],
    )
    assert.equal(declared('declareNothing'), false)
  })

  it('have every room of the tree in the tour of CONTRIBUTING.md', () => {
    const tour = readFileSync('CONTRIBUTING.md', 'utf8')
    const folders = tree.filter((path) => /^(?:\w[\w-]*|domain\/[\w-]+|client\/[\w-]+)\/$/.test(path))
    assert.ok(folders.length > 20)
    assert.deepEqual(
      folders.filter((path) => !new RegExp(`(?:^| )${path.split('/').at(-2)}/`, 'm').test(tour)),
      [],
    )
  })

  it('are found out when they do not', () => {
    assert.deepEqual(
      missingIn(
        'See `domain/nearest.ts`, domain/nowhere.ts, test/docs and (lab/gone/, lab/exec/); `domain/steps/<system>.ts`.',
      ),
      ['domain/nowhere.ts', 'lab/gone/'],
    )
    assert.deepEqual(
      missingIn('test/**/*.test.ts, test/**/*.spec.ts; /app/runbooks/x, https://x.dev/lab/x'),
      ['test/**/*.spec.ts'],
    )
    const links =
      '[a](api.md) [b](gone.md) [c](failures.md#hk101-bad-input) [d](failures.md#hk999) [e](../README.md) [f](#here)\n# Here'
    assert.deepEqual(deadLinksIn(links, 'docs/x.md'), ['gone.md', 'failures.md#hk999'])
  })
})

/** What a changelog says was so when it was written. */
const kept = pages.filter((page) => page !== 'CHANGELOG.md')

function missingIn(text: string): readonly string[] {
  return [...text.matchAll(named)].map(([path]) => path.replace(/[.]+$/, '')).filter((path) => !isThere(path))
}

function isThere(path: string): boolean {
  const pattern = path
    .replace(/\/$/, '')
    .replaceAll(/[.]/g, '\\.')
    .replaceAll(/\*\*\/|\*|<[^>]*>/g, (any) => (any === '**/' ? '(?:.+/)?' : '[^/]+'))
  const wanted = new RegExp(`^${pattern}/?$`)
  return tree.some((each) => wanted.test(each))
}

function deadLinksIn(text: string, page: string): readonly string[] {
  // What a program printed is no link of the page.
  const prose = text.replaceAll(/^```console\n[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => {
      const [path = '', heading] = link.split('#')
      const file = path === '' ? page : join(page, '..', path)
      if (path !== '' && !isThere(file)) return true
      return (
        heading !== undefined &&
        !headingsOf(path === '' ? text : readFileSync(file, 'utf8')).includes(heading)
      )
    })
}

/** As GitHub names them in addresses. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
