/** How many imports lie between a file and those that reach it. */
import { join } from 'node:path'

/** As esbuild tells them: paths from the root. */
export type Imports = Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>

/** Each file, absolute, that imports `changed` directly (1) or by others (2 …). */
export function distances(root: string, imports: Imports, changed: string): ReadonlyMap<string, number> {
  const importers = new Map<string, string[]>()
  for (const [file, { imports: each }] of Object.entries(imports))
    for (const { path } of each) {
      const to = join(root, path)
      importers.set(to, [...(importers.get(to) ?? []), join(root, file)])
    }
  const found = new Map([[changed, 0]])
  // A map gives what is put into it while it is walked.
  for (const [file, far] of found)
    for (const importer of importers.get(file) ?? []) if (!found.has(importer)) found.set(importer, far + 1)
  return found
}
