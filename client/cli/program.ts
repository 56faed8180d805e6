/** Verbs, options and help. What a verb does is loaded when it is called. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type Failure, failure, failures } from '../../domain/failures.ts'
import { nearest } from '../../domain/nearest.ts'
import type { Lang, Text } from '../../domain/words.ts'
import { exitAfter, withinGrace } from '../../edge/signals.ts'
import { failureIn } from '../refused.ts'
import { complaint, type GlobalOptions, openSession, type Session, type Surroundings } from './session.ts'
import { columnsOf, screenOf, wrap } from './terminal.ts'
import { addVerbs } from './verbs.ts'

/** Registers one verb: its words, and where it is carried out. */
export type AddVerb = (
  parent: Command,
  usage: string,
  description: Text,
  shape: (command: Command) => Command,
  run: (
    session: Session,
    args: readonly string[],
    options: Options,
    rest: readonly string[],
  ) => Promise<number | undefined>,
  graceMs?: number,
) => Command
/** So long a verb has to end by itself after a signal: time for a line to be written, and none for a server that does not answer. */
const verbGraceMs = 500

export type Options = { readonly [option: string]: string | boolean | readonly string[] | undefined }

/** Runs one call. The exit code: 0 done, 1 failed, 2 usage, 3 not found, 4 refused, 5 unreachable, 6 timed out; after a signal that of edge/signals.ts. */
export async function runCli(argv: readonly string[], around: Surroundings): Promise<number> {
  const lang = langFrom(argv, around.env)
  const own = ownCommandLine(argv, around)
  if (own !== undefined) return inSession({ output: 'table', lang }, around, own.run, own.graceMs)
  let exit = 0
  const program = newProgram(lang, around)
  const add: AddVerb = (parent, usage, description, shape, run, graceMs = verbGraceMs) => {
    const command = shape(parent.command(usage).description(description[lang]))
    command.action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command
      const global = globalOptions(program, lang)
      const words = self.processedArgs.filter((a) => typeof a === 'string')
      const work = (session: Session) => run(session, words, self.opts<Options>(), self.args)
      exit = await inSession(global, around, work, graceMs)
    })
    return command
  }
  addVerbs(program, add)
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    if (error.code !== 'commander.help') {
      const problem = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
      const refusal = failure('bad-input', { where: 'hikeshi', problem })
      const screen = screenOf(around.err, around.env)
      around.err.write(`${complaint(refusal, { output: outputFrom(argv), lang }, screen)}\n`)
    }
    return failures['bad-input'].exit
  }
  return exit
}

function newProgram(lang: Lang, around: Surroundings): Command {
  const words: { readonly [word: string]: Text } = {
    about: {
      en: 'hikeshi runs incident runbooks as durable workflows.',
      ja: 'hikeshi（火消し）は Runbook を実行し、インシデント対応を記録します。',
    },
    output: { en: 'how answers are printed', ja: '出力形式' },
    lang: { en: 'language of the answers', ja: '表示言語' },
    as: {
      en: 'who acts (not verified); else the OS user',
      ja: '操作する人（本人確認なし）。既定は OS ユーザー',
    },
  }
  const say = (word: keyof typeof words) => words[word]?.[lang] ?? ''
  const program = new Command('hikeshi')
    .description(say('about'))
    .version(around.version)
    .addOption(
      new Option('-o, --output <format>', say('output')).choices(['table', 'json', 'yaml']).default('table'),
    )
    .addOption(new Option('--lang <lang>', say('lang')).choices(['ja', 'en']))
    .addOption(new Option('--as <name>', say('as')).argParser(personName))
    .exitOverride()
    .configureHelp({ displayWidth: columnsOf, boxWrap: (text, width) => wrap(text, width).join('\n') })
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => around.out.write(text),
      // Help that was not asked for; mistakes are worded below, in the one form that all failures have.
      writeErr: (text) => around.err.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => screenOf(around.out, around.env).width,
      getErrHelpWidth: () => screenOf(around.err, around.env).width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
  return program
}

function personName(value: string): string {
  if (value.length === 0 || value.length > 200) throw new InvalidArgumentError('expected a name')
  return value
}

function globalOptions(program: Command, lang: Lang): GlobalOptions {
  const { output, as } = program.opts<{ output: GlobalOptions['output']; as?: string }>()
  return { output, lang, as }
}

/** `--lang` counts before anything is parsed: help and mistakes are worded in it too. */
function langFrom(argv: readonly string[], env: Surroundings['env']): Lang {
  const at = argv.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='))
  const asked = at < 0 ? undefined : (argv[at]?.split('=', 2)[1] ?? argv[at + 1])
  if (asked === 'ja' || asked === 'en') return asked
  return (env.LC_ALL || env.LC_MESSAGES || env.LANG || '').startsWith('ja') ? 'ja' : 'en'
}

/** The same for `-o`: a mistake in the words before it is still worded as was asked for. */
function outputFrom(argv: readonly string[]): GlobalOptions['output'] {
  const words = argv.join(' ')
  return /(^|\s)(-o\s?|--output[ =])json(\s|$)/.test(words) ? 'json' : 'table'
}

/** Verbs with a command line of their own: nothing here reads their options. Those that every verb has may stand before. */
function ownCommandLine(argv: readonly string[], around: Surroundings) {
  const { before, verb, rest } = ownWords(argv)
  switch (verb) {
    case 'lab':
      // What it has started has graces of its own.
      return {
        graceMs: 60_000,
        run: async () =>
          (await import('../../lab/cli.ts')).runLabCommand([...outputIn(before), ...rest], around.signal),
      }
    case 'api':
      return { graceMs: 11_000, run: async () => (await import('../api/main.ts')).runApi(rest, around) }
    default:
      return undefined
  }
}

const withValue = ['-o', '--output', '--lang', '--as']

function ownWords(argv: readonly string[]): {
  readonly before: readonly string[]
  readonly verb: string | undefined
  readonly rest: readonly string[]
} {
  let at = 0
  while (argv[at]?.startsWith('-')) at += withValue.includes(argv[at] ?? '') ? 2 : 1
  const [verb, ...rest] = argv.slice(at)
  const before = argv.slice(0, at)
  // Help is theirs as well.
  return verb === 'help' ? { before, verb: rest[0], rest: ['--help'] } : { before, verb, rest }
}

/** How answers are printed, where it was said before the verb. */
function outputIn(before: readonly string[]): readonly string[] {
  const at = before.findIndex((arg) => /^(-o|--output)/.test(arg))
  return at < 0 ? [] : before.slice(at, before[at]?.match(/^(-o|--output)$/) ? at + 2 : at + 1)
}

/** The exit code of the work. What it throws is worded; what does not end by itself after a signal is left. */
async function inSession(
  options: GlobalOptions,
  around: Surroundings,
  work: (session: Session) => Promise<number | undefined>,
  graceMs: number,
): Promise<number> {
  try {
    return await withinGrace(answered(options, around, work), around.signal, graceMs)
  } catch (error) {
    if (around.signal.aborted) return exitAfter(around.signal)
    throw error
  }
}

async function answered(
  options: GlobalOptions,
  around: Surroundings,
  work: (session: Session) => Promise<number | undefined>,
): Promise<number> {
  const session = openSession(options, around)
  try {
    return (await work(session)) ?? 0
  } catch (error) {
    if (around.signal.aborted) throw error
    const refusal = failureOf(error)
    around.err.write(`${complaint(refusal, options, screenOf(around.err, around.env))}\n`)
    const meant = await suggestion(refusal, session)
    if (meant !== undefined && options.output !== 'json')
      around.err.write(options.lang === 'ja' ? `もしかして: ${meant}\n` : `Did you mean "${meant}"?\n`)
    return failures[refusal.name].exit
  } finally {
    await session.close()
  }
}

/** What was thrown, as a failure of the list; a defect of ours is named as one. */
function failureOf(error: unknown): Failure {
  const known = failureIn(error)
  if (known !== undefined) return known
  const reason = error instanceof Error ? error.message : String(error)
  return failure('internal', { where: 'hikeshi', reason: reason.slice(0, 500) })
}

/** The known word that an unknown one is nearest to. */
async function suggestion(refusal: Failure, session: Session): Promise<string | undefined> {
  const word = refusal.params[refusal.name.replace(/^unknown-/, '')]
  if (typeof word !== 'string') return undefined
  const { known } = refusal.params
  if (typeof known === 'string') return nearest(word, known.split(', '))
  if (refusal.name !== 'unknown-incident') return undefined
  const door = await session.door()
  const listed = await door.list({ all: true }).catch(() => [])
  return nearest(
    word,
    listed.map(({ incident }) => incident),
  )
}
