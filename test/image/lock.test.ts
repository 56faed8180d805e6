import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

type Package = {
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
}

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

  it('brings no install script that nobody has read: package.json says of each whether it runs', () => {
    const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly allowScripts: { readonly [name: string]: boolean }
    }
    const withScript = locked.flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)] : [],
    )
    assert.deepEqual(Object.keys(allowScripts).sort(), withScript.sort())
  })

  it('is installed without scripts everywhere, because npm before 11.16 does not know allowScripts', () => {
    for (const file of ['Dockerfile', 'README.md', 'lab/bootstrap.mjs']) {
      const installs = [...readFileSync(file, 'utf8').matchAll(/^(?:RUN )?npm ci\b.*|\bnpm\('ci'.*/gm)]
      assert.ok(installs.length > 0, file)
      for (const [line] of installs) assert.match(line, /--ignore-scripts\b/, file)
    }
  })

  it('names no registry: whoever installs has their own', () => {
    const from = locked.filter(([, { resolved }]) => resolved !== undefined)
    assert.deepEqual(from, [])
  })
})
