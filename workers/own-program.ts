import { existsSync } from 'node:fs'

/** A program of the workers' own that runs apart from them, by its name: in a release and among the sources. */
export function ownProgram(name: string): URL {
  const released = new URL(`${name}.js`, import.meta.url)
  return existsSync(released) ? released : new URL(`${name}.ts`, import.meta.url)
}
