import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const version: string = JSON.parse(read('package.json')).version

/** test/replay/released.test.ts asks for the histories of this version, test/image for what the built command says. */
describe('the version of package.json', () => {
  it('is that of the lock, and of the image that docker-compose.yml builds', () => {
    const lock = JSON.parse(read('package-lock.json'))
    assert.deepEqual([lock.version, lock.packages[''].version], [version, version])
    assert.deepEqual(read('docker-compose.yml').match(/(?<=image: hikeshi:).+/g), [version])
  })

  it('is the newest of the changelog, or the one that its changes are to become', () => {
    const changelog = read('CHANGELOG.md')
    const [released] = /(?<=^## \[)\d[^\]]*/m.exec(changelog) ?? []
    const [coming] = /(?<=^To become )\S+(?=\.$)/m.exec(changelog) ?? []
    assert.ok([released, coming].includes(version), `${released} was released, ${coming} is to come`)
  })

  it('is not older than any that docs/patches.md names', () => {
    const named = [...read('docs/patches.md').matchAll(/\| (\d+\.\d+\.\d+) +\|/g)].map(
      ([, since = '']) => since,
    )
    assert.ok(named.length > 0)
    for (const since of named) assert.ok(version.localeCompare(since, 'en', { numeric: true }) >= 0, since)
  })
})

function read(file: string): string {
  return readFileSync(file, 'utf8')
}
