/** fast-check with the same random runs each time, without the search for the shortest that fails; of the laws, a fifth. */
import type { Plugin } from 'esbuild'

/** Each of its two dozen laws lives through 150 lives, which takes a minute. */
const dear = 'laws.test.ts'

const alias = (part: number) => `
import fc from 'fast-check'
const few = (given) => ({
  seed: 1, endOnFailure: true, ...given, numRuns: Math.ceil((given?.numRuns ?? 100) / ${part}),
})
const assert = (property, given) => fc.assert(property, few(given))
export * from 'fast-check'
export { assert }
export default { ...fc, assert }
`

export const fewRuns: Plugin = {
  name: 'few runs',
  setup(on) {
    on.onResolve({ filter: /^fast-check$/ }, ({ importer, namespace }) =>
      namespace === 'few-runs'
        ? { path: 'fast-check', external: true }
        : { path: importer.endsWith(dear) ? 'few' : 'all', namespace: 'few-runs' },
    )
    on.onLoad({ filter: /.*/, namespace: 'few-runs' }, ({ path }) => ({
      contents: alias(path === 'few' ? 5 : 1),
      loader: 'js',
    }))
  },
}
