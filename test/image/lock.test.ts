import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

type Package = { readonly integrity?: string; readonly resolved?: string; readonly link?: boolean }

describe('the lock file', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: { readonly [path: string]: Package }
  }
  const locked = Object.entries(packages).filter(([path]) => path !== '')

  it('says of every package what its content is, also of those of other platforms', () => {
    assert.ok(locked.length > 300)
    const loose = locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
    assert.deepEqual(
      loose.map(([path]) => path),
      [],
    )
  })

  it('names no registry: whoever installs has their own', () => {
    const from = locked.filter(([, { resolved }]) => resolved !== undefined)
    assert.deepEqual(from, [])
  })
})
