import { access, constants, readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Text } from '../../../../domain/words.ts'
import { makeFolder } from '../../../../edge/folder.ts'
import { refused } from '../../../../edge/refused.ts'
import { reasonInWords } from '../../../../edge/system-reason.ts'
import { writeWhole } from '../../../whole-file.ts'
import { incidentScriptText, scriptText } from '../scripts/script-text.ts'
import { scripts } from '../scripts/scripts.ts'
import type { Session } from '../session.ts'
import { clean } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'

/** Writes the scripts of the old names into a folder; nothing else of such a name is overwritten without `--force`. Errors: bad-input. */
export async function installScripts(session: Session, folder: string, options: Options): Promise<undefined> {
  const made = {
    program: textOf(options.program) ?? (await ownProgram()),
    service: textOf(options.service),
  }
  const files = [
    { name: 'incident.sh', text: incidentScriptText(made) },
    ...scripts.map((script) => ({ name: script.name, text: scriptText(script, made) })),
  ].map(({ name, text }) => ({ name, path: join(resolve(folder), name), text }))
  if (options.force !== true) await nothingElseThere(files)
  await makeFolder(resolve(folder)).catch((cause: unknown) => {
    throw problem(reasonInWords(cause), cause)
  })
  // One that runs while it is written anew goes on with what it was.
  await Promise.all(files.map(({ path, text }) => writeWhole(path, text, 0o755)))
  await session.print({
    data: { folder: resolve(folder), program: made.program, scripts: files.map(({ name }) => name) },
    text: () => files.map(({ path }) => clean(path)).join('\n'),
  })
}

type File = { readonly name: string; readonly path: string; readonly text: string }

/** Somebody's own script of the same name may do more than ours. */
async function nothingElseThere(files: readonly File[]): Promise<void> {
  const found = await Promise.all(
    files.map(async ({ name, path, text }) => {
      const there = await readFile(path, 'utf8').catch(() => undefined)
      return there === undefined || there === text ? [] : [name]
    }),
  )
  const names = found.flat()
  if (names.length === 0) return
  throw problem({
    en: `${names.join(', ')} are there already; --force overwrites them`,
    ja: `${names.join('、')} がすでにあります。--force で上書きします`,
  })
}

/** The file that runs now, where it can be called as a program. */
async function ownProgram(): Promise<string> {
  const [, self = ''] = process.argv
  try {
    const path = await realpath(self)
    await access(path, constants.X_OK)
    return path
  } catch {
    return 'hikeshi'
  }
}

function problem(words: Text | string, cause?: unknown) {
  return refused('bad-input', { where: 'scripts install', problem: words }, { cause })
}
