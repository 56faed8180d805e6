/** The files of the tree, by their paths from its root: what pages may name, the pages themselves, and the code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What git leaves alone, such as `dist/`. */
const notOurs = ['.git/', ...readFileSync('.gitignore', 'utf8').split('\n')]

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return [path]
    return notOurs.includes(`${path}/`) ? [] : [`${path}/`, ...filesIn(path)]
  })
}

/** Folders end with a slash. */
export const tree = filesIn('.')

export const pages = tree.filter((path) => /^(?:docs\/.*|[A-Z]+)\.md$/.test(path))

/** The code of the product and of its lab, whatever its rooms are called. */
export const sources = tree.filter((path) => path.endsWith('.ts') && !/^(?:test|bench)\//.test(path))
