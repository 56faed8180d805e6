import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { failures } from '../../domain/failures.ts'
import { pages, sources } from './tree.ts'

const codes: readonly string[] = Object.values(failures).map(({ code }) => code)

describe('the failures of the list', () => {
  it('each have one place in docs/failures.md, by their code', () => {
    const page = readFileSync('docs/failures.md', 'utf8')
    const documented = [...page.matchAll(/^### (HK\d{3}) ([a-z-]+)$/gm)].map(([, code, name]) => [code, name])
    const listed = Object.entries(failures).map(([name, { code }]) => [code, name])
    assert.deepEqual(documented, listed.toSorted())
  })

  it('are each made somewhere in the code', () => {
    const code = sources.filter((file) => !file.startsWith('domain/failures')).map(read)
    const never = Object.keys(failures).filter((name) => !code.some((text) => text.includes(`'${name}'`)))
    assert.deepEqual(never, [])
  })

  it('are the only ones that a page or a comment of the code quotes', () => {
    for (const file of [...pages, ...sources]) assert.deepEqual(unknownIn(read(file)), [], file)
    assert.deepEqual(unknownIn('HK101, HK999 and `HK998`; HK1xx'), ['HK999', 'HK998'])
  })
})

function unknownIn(text: string): readonly string[] {
  return [...text.matchAll(/\bHK\d{3}\b/g)].map(([code]) => code).filter((code) => !codes.includes(code))
}

function read(file: string): string {
  return readFileSync(file, 'utf8')
}
