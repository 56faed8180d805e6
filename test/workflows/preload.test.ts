import assert from 'node:assert/strict'
import { bundleWorkflows } from '../../workers/bundle.ts'

/** In the bundle of the sources each module stands under its name, and what it loads in a call of webpack's. */
const moduleStart = /^\/\*{3}\/ "([^"]+)"$/gm
const loads = /__webpack_require__\(\/\*![^*]*\*\/ "([^"]+)"\)/g

describe('the rules', () => {
  it('are loaded once per worker, all of them', async () => {
    const code = await bundleWorkflows()
    const starts = [...code.matchAll(moduleStart)]
    const loadedBy = new Map(
      starts.map(({ 1: name = '', index }, i) => {
        const body = code.slice(index, starts[i + 1]?.index)
        return [name, [...body.matchAll(loads)].map(([, loaded = '']) => loaded)]
      }),
    )
    const shared = new Set(['./workflows/preload.ts'])
    for (const name of shared) for (const loaded of loadedBy.get(name) ?? []) shared.add(loaded)
    const rules = [...loadedBy.keys()].filter((name) => name.startsWith('./domain/'))
    assert.ok(rules.length > 100, `${rules.length} modules of domain/ found`)
    assert.deepEqual(
      rules.filter((name) => !shared.has(name)),
      [],
    )
    // What a workflow keeps in its modules is its own.
    assert.deepEqual([...shared].filter((name) => /^\.\/workflows\//.test(name)).toSorted(), [
      './workflows/machine/held-once.ts',
      './workflows/preload.ts',
    ])
  })
})
