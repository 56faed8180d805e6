import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir } from './cache-dir.mjs'
import { LabError } from './failure.ts'

/** The package's own folder. Looked for upwards, since the bundled command line lies in dist/ and the sources in lab/. */
export const packageRoot = findUpwards(dirname(fileURLToPath(import.meta.url)), 'lab/binaries/etcd/go.mod')

export { cacheDir }

/** The folder of one lab; refuses names that would not be safe as a folder or in a host name. */
export function labDir(name: string): string {
  if (!/^[a-z0-9-]{1,30}$/.test(name)) {
    throw new LabError(
      `"${name}" is no name for a lab`,
      'use 1 to 30 small letters, digits and hyphens, for example "demo"',
      'usage',
    )
  }
  return join(cacheDir(), 'labs', name)
}

function findUpwards(start: string, mark: string): string {
  for (let dir = start; ; dir = dirname(dir)) {
    if (existsSync(join(dir, mark))) return dir
    if (dir === dirname(dir))
      throw new LabError(`${mark} is missing`, 'run hikeshi from its complete package')
  }
}
