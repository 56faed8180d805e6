/** Temporal's client by name, to be loaded lazily: of a CommonJS package that is bundled, `import()` gives the default alone. */
export { Connection } from '@temporalio/client'
export { msToTs } from '@temporalio/common/lib/time.js'
