/** Where a command reads from and writes to: only what leaves no trace is understood. */
import { manual, type Reading } from './programs/reading.ts'
import { argumentOf, type Variables } from './shell/arguments.ts'
import type { Redirection } from './shell/script.ts'

/** Why a command with these is for a person; undefined where it leaves no file behind and needs none. */
export function writesOrReads(redirections: readonly Redirection[]): Reading | undefined {
  for (const { operator, target } of redirections) {
    const isQuiet = target.raw === '/dev/null' || (/[<>]&$/.test(operator) && /^[\d-]$/.test(target.raw))
    if (isQuiet || operator.startsWith('<<')) continue
    return operator.includes('>')
      ? manual(`it writes ${target.raw}`, `${target.raw} に書き込みます`)
      : manual(`it reads ${target.raw}`, `${target.raw} を読み込みます`)
  }
  return undefined
}

/** What is handed to a command; undefined where something in it has to be filled in. */
export function inputOf(
  redirections: readonly Redirection[],
  variables: Variables,
): { readonly input?: string } | undefined {
  let input: string | undefined
  for (const { operator, target, document } of redirections) {
    if (document !== undefined) {
      if (document.text === undefined) return undefined
      input = document.text
    } else if (operator === '<<<') {
      const word = argumentOf(target, variables)
      if (word.unsure !== undefined) return undefined
      input = word.text
    }
  }
  return input === undefined ? {} : { input }
}
