/** The databases' clients by name, to be loaded lazily: of a CommonJS package that is bundled, `import()` gives the default alone. */
export { Redis } from 'ioredis'
export { default as pg } from 'pg'
