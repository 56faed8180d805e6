/** TypeScript over the whole tree, kept warm while one file after the other is changed. */
import { join } from 'node:path'
import type { SourceFile } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

export type Types = {
  readonly source: (file: string) => SourceFile | undefined
  /** What the types say against the file with this text; undefined where they find nothing. */
  readonly says: (file: string, text: string) => string | undefined
  readonly close: () => void
}

export function openTypes(root: string): Types {
  const changed = new Map<string, string>()
  const api = new API({ cwd: root, fs: { readFile: (file) => changed.get(file) } })
  let [project] = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects()
  const again = (file: string): void => {
    project = api.updateSnapshot({ fileChanges: { changed: [file] } }).getProjects()[0]
  }
  return {
    source: (file) => project?.program.getSourceFile(file),
    says(file, text) {
      changed.set(file, text)
      again(file)
      const [first] = project?.program.getSemanticDiagnostics(file) ?? []
      changed.delete(file)
      again(file)
      return first?.text
    },
    close: () => api.close(),
  }
}
