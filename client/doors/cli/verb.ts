/** What a verb is to the program: its words, and where it is carried out. */
import type { Command } from 'commander'
import type { Session } from './session.ts'

/** Words of the help in the language that was asked for. */
export type Say = (en: string, ja: string) => string

/** Registers one verb: its words, and where it is carried out. */
export type AddVerb = (
  parent: Command,
  usage: string,
  description: string,
  shape: (command: Command) => Command,
  run: (
    session: Session,
    args: readonly string[],
    options: Options,
    rest: readonly string[],
  ) => Promise<number | undefined>,
  graceMs?: number,
) => Command
/** What was typed behind each option. */
export type Options = { readonly [option: string]: string | boolean | readonly string[] | undefined }

/** The word behind an option; undefined where it was not given. */
export function textOf(value: Options[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The words behind an option that may be repeated. */
export function textsOf(value: Options[string]): readonly string[] {
  return Array.isArray(value) ? value : []
}
