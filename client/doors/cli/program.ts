/** Verbs, options and help. What a verb does is loaded when it is called. */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { expects } from '../../../domain/expected.ts'
import { type Failure, failure, failures, type WriteMoment } from '../../../domain/failures.ts'
import { nearest } from '../../../domain/nearest.ts'
import { personName } from '../../../domain/person.ts'
import type { Lang } from '../../../domain/words.ts'
import { exitAfter, withinGrace } from '../../../edge/signals.ts'
import { commanderWords } from './commander-words.ts'
import { failureOf, withoutServer } from './failure-of.ts'
import { helpIn } from './help.ts'
import { complaint, type GlobalOptions, openSession, type Session, type Surroundings } from './session.ts'
import { misspelt } from './settings.ts'
import { helpWidth, screenOf } from './terminal.ts'
import type { AddVerb, Options, Say } from './verb.ts'
import { addVerbs } from './verbs.ts'

/** So long a verb has to end by itself after a signal: time for a line to be written, and none for a server that does not answer. */
const verbGraceMs = 500

/** Runs one call. The exit code: 0 done, 1 failed, 2 usage, 3 not found, 4 refused, 5 unreachable, 6 timed out; after a signal that of edge/signals.ts. */
export async function runCli(argv: readonly string[], around: Surroundings): Promise<number> {
  const lang = langFrom(argv, around.env)
  let exit = 0
  const program = newProgram(lang, around)
  const add: AddVerb = (parent, usage, description, shape, run, graceMs = verbGraceMs) => {
    const command = shape(parent.command(usage).description(description))
    command.action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command
      const global = { ...globalOptions(program, lang), ...ownOutput(self) }
      const words = self.processedArgs.filter((a) => typeof a === 'string')
      const at = self.registeredArguments.findIndex((argument) => argument.name() === 'incident')
      const work = async (session: Session) =>
        run(session, await meant(session, words, at), self.opts<Options>(), self.args)
      const about = { verb: self.name(), incident: words.find(isIncident) }
      exit = await inSession(global, around, work, graceMs, about)
    })
    return command
  }
  addVerbs(program, add, sayIn(lang))
  const { asked, verb, rest } = ownWords(argv)
  leaveOwnFlags(program, [verb, ...rest])
  try {
    if (verb === 'lab') {
      program.parseOptions([...asked])
      const options = globalOptions(program, lang)
      return await inSession(options, around, () => lab(options, rest, around), labGraceMs)
    }
    await program.parseAsync(inOrder(program, argv), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    if (error.code !== 'commander.help') {
      const problem = commanderWords(error.message)
      const refusal = failure('bad-input', { where: 'hikeshi', problem })
      const screen = screenOf(around.err, around.env)
      around.err.write(`${complaint(refusal, { output: outputFrom(argv), lang }, screen)}\n`)
    }
    return failures['bad-input'].exit
  }
  return exit
}

/** Every verb with its words, as Markdown: docs/command-line.md holds it. */
export function verbsMarkdown(): string {
  const around: Surroundings = {
    out: { write: () => undefined },
    err: { write: () => undefined },
    stdin: (async function* () {})(),
    env: {},
    signal: new AbortController().signal,
    version: '',
  }
  const program = newProgram('en', around)
  const added = new Set<Command>()
  const add: AddVerb = (parent, usage, description, shape) => {
    const verb = shape(parent.command(usage).description(description))
    added.add(verb)
    return verb
  }
  addVerbs(program, add, sayIn('en'))
  // A word that only holds others together is no verb.
  const verbs = program.commands.flatMap((verb) => [
    ...(verb.commands.length === 0 || added.has(verb) ? [verb] : []),
    ...verb.commands,
  ])
  return verbs.map(verbMarkdown).join('\n\n')
}

function verbMarkdown(verb: Command): string {
  const path = [verb.parent?.parent === null ? '' : verb.parent?.name(), verb.name()]
    .filter(Boolean)
    .join(' ')
  const words = verb.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const described = [
    ...verb.registeredArguments.map((a) => [`<${a.name()}>`, a.description, undefined] as const),
    ...verb.options.map((o) => [o.flags, withDefault(o), o.argChoices] as const),
  ].filter(([, description, choices]) => description !== '' || choices !== undefined)
  return [
    `**\`${['hikeshi', path, ...words].join(' ')}\`**: ${verb.description()}`,
    ...(described.length === 0 ? [] : ['']),
    ...described.map(
      ([name, description, choices]) =>
        `- \`${name}\`: ${[description, choices?.join(', ')].filter(Boolean).join('; ')}`,
    ),
  ].join('\n')
}

function withDefault({ description, defaultValue, mandatory }: Option): string {
  if (mandatory) return `${description} (required)`
  return typeof defaultValue === 'string' ? `${description} (default: ${defaultValue})` : description
}

function newProgram(lang: Lang, around: Surroundings): Command {
  const say = sayIn(lang)
  return new Command('hikeshi')
    .description(
      say(
        'hikeshi runs incident runbooks as durable workflows.',
        'hikeshi（火消し）は Runbook を実行し、インシデント対応を記録します。',
      ),
    )
    .version(around.version, '-V, --version', say('print the version', 'バージョンを表示する'))
    .addOption(
      new OutputOption('-o, --output <format>', say('how answers are printed', '出力形式'))
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .addOption(new Option('--lang <lang>', say('language of the answers', '表示言語')).choices(['ja', 'en']))
    .addOption(
      new Option(
        '--as <name>',
        say(
          'who acts, not verified (default: the OS user)',
          '操作する人（本人確認なし）。既定は OS ユーザー',
        ),
      ).argParser(asPerson),
    )
    .helpOption('-h, --help', say('print help', 'ヘルプを表示する'))
    .helpCommand('help [command]', say('print the help of a command', 'コマンドのヘルプを表示する'))
    .exitOverride()
    .configureHelp(helpIn(say))
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => around.out.write(text),
      // Help that was not asked for; mistakes are worded below, in the one form that all failures have.
      writeErr: (text) => around.err.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => helpWidth(screenOf(around.out, around.env)),
      getErrHelpWidth: () => helpWidth(screenOf(around.err, around.env)),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
}

function sayIn(lang: Lang): Say {
  return (en, ja) => (lang === 'ja' ? ja : en)
}

function asPerson(value: string): string {
  const parsed = personName.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? expects('a name', '名前'))
}

function globalOptions(program: Command, lang: Lang): GlobalOptions {
  const { output, as } = program.opts<{ output: GlobalOptions['output']; as?: string }>()
  return { output, lang, as }
}

/** How answers are printed. A verb that has one of its flags for something of its own keeps it: `evidence ID --output FOLDER`. */
class OutputOption extends Option {
  // Whichever of its flags are left.
  override name(): string {
    return 'output'
  }
}

function leaveOwnFlags(program: Command, words: readonly (string | undefined)[]): void {
  let verb = program
  for (const word of words) {
    const next = verb.commands.find((command) => command.name() === word)
    if (next === undefined) break
    verb = next
  }
  if (verb === program) return
  for (const option of program.options) {
    if (!(option instanceof OutputOption)) continue
    if (verb.options.some(({ short }) => short === option.short)) delete option.short
    if (verb.options.some(({ long }) => long === option.long)) delete option.long
  }
}

/** A verb with more formats than every verb has reads them itself; data is printed as for the others. */
function ownOutput(verb: Command): Partial<Pick<GlobalOptions, 'output'>> {
  if (!verb.options.some(({ short }) => short === '-o')) return {}
  const { output } = verb.opts<{ readonly output?: string }>()
  return output === 'json' || output === 'yaml' ? { output } : {}
}

/** `--lang` counts before anything is parsed: help and mistakes are worded in it too. */
export function langFrom(argv: readonly string[], env: Surroundings['env']): Lang {
  const at = argv.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='))
  const asked = at < 0 ? undefined : (argv[at]?.split('=', 2)[1] ?? argv[at + 1])
  if (asked === 'ja' || asked === 'en') return asked
  return (env.LC_ALL || env.LC_MESSAGES || env.LANG || '').startsWith('ja') ? 'ja' : 'en'
}

/** The same for `-o`: a mistake in the words before it is still worded as was asked for. */
export function outputFrom(argv: readonly string[]): GlobalOptions['output'] {
  const words = argv.join(' ')
  const [, , data] = /(^|\s)(?:-o\s?|--output[ =])(json|yaml)(?:\s|$)/.exec(words) ?? []
  return data === 'json' || data === 'yaml' ? data : 'table'
}

/** What the lab has started has graces of its own. */
const labGraceMs = 60_000

/** The lab has a command line of its own: nothing here reads its options. */
async function lab(
  { output }: GlobalOptions,
  rest: readonly string[],
  around: Surroundings,
): Promise<number> {
  const { runLabCommand } = await import('../../../lab/cli.ts')
  return runLabCommand([...(output === 'table' ? [] : ['-o', output]), ...rest], around.signal)
}

/**
 * The words as commander has to see them: what belongs to every verb goes first, wherever it was typed. What stands behind a verb is then its own, be
 * it `--output` of one that writes a folder or `--key` of a verb below another.
 */
function inOrder(program: Command, argv: readonly string[]): readonly string[] {
  // Nothing stands behind it: commander says what is missing.
  if (withValue.includes(argv.at(-1) ?? '')) return argv
  const flags = program.options.flatMap(({ short, long }) => [short, long])
  const isOurs = (flag: string) => flags.includes(flag)
  const { asked, words } = apart(argv, withValue.filter(isOurs), alone.filter(isOurs))
  program.enablePositionalOptions()
  return [...asked, ...behindVerb(program, words)]
}

/** A verb that reads `-o` itself has it from before its name as well, where every other verb takes it. */
function behindVerb(program: Command, words: readonly string[]): readonly string[] {
  let at = 0
  while (words[at]?.startsWith('-')) at += withValue.includes(words[at] ?? '') ? 2 : 1
  const verb = program.commands.find((command) => command.name() === words[at])
  if (at === 0 || !verb?.options.some(({ short }) => short === '-o')) return words
  return [verb.name(), ...words.slice(0, at), ...words.slice(at + 1)]
}

const withValue = ['-o', '--output', '--lang', '--as']
const alone = ['-V', '--version']

/** The options that every verb has, wherever they stand, and what stands beside them. */
function ownWords(argv: readonly string[]): {
  readonly asked: readonly string[]
  readonly verb: string | undefined
  readonly rest: readonly string[]
} {
  const { asked, words } = apart(argv, withValue)
  const [verb, ...rest] = words
  // Help is its own as well.
  return verb === 'help' ? { asked, verb: rest[0], rest: ['--help'] } : { asked, verb, rest }
}

/** Flags of these names with their values, and everything else; behind `--` there are none. */
function apart(argv: readonly string[], withValues: readonly string[], others: readonly string[] = []) {
  const asked: string[] = []
  const words: string[] = []
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') return { asked, words: [...words, ...argv.slice(at)] }
    if (withValues.includes(word)) asked.push(...argv.slice(at, ++at + 1))
    else if (others.includes(word) || withValues.some((flag) => holdsValue(word, flag))) asked.push(word)
    else words.push(word)
  }
  return { asked, words }
}

/** `-ojson`, `--lang=ja`. */
function holdsValue(word: string, flag: string): boolean {
  return word.startsWith(flag.startsWith('--') ? `${flag}=` : flag)
}

/** The verb that was typed, and the incident that it named, if any. */
type About = { readonly verb: string; readonly incident: string | undefined }

/** The exit code of the work. What it throws is worded; what does not end by itself after a signal is left. */
async function inSession(
  options: GlobalOptions,
  around: Surroundings,
  work: (session: Session) => Promise<number | undefined>,
  graceMs: number,
  about: About = { verb: '', incident: undefined },
): Promise<number> {
  try {
    return await withinGrace(answered(options, around, work, about), around.signal, graceMs)
  } catch (error) {
    if (around.signal.aborted) return exitAfter(around.signal)
    throw error
  }
}

async function answered(
  options: GlobalOptions,
  around: Surroundings,
  work: (session: Session) => Promise<number | undefined>,
  { verb, incident }: About,
): Promise<number> {
  const session = openSession(options, around)
  for (const { name, meant } of misspelt(around.env))
    session.say({
      en: `${name} is not a setting; did you mean ${meant}?`,
      ja: `${name} という設定はありません。もしかして: ${meant}`,
    })
  try {
    return (await work(session)) ?? 0
  } catch (error) {
    if (around.signal.aborted) throw error
    const refusal = await failureOf(error, around.env.TEMPORAL_ADDRESS ?? 'localhost:7233', incident)
    const moments = await momentsFor(session, refusal, incident)
    const instead = withoutServer(refusal, verb, incident, around.env.HIKESHI_ARCHIVE)
    around.err.write(`${complaint(refusal, options, screenOf(around.err, around.env), moments, instead)}\n`)
    const meant = await suggestion(refusal, session)
    if (meant !== undefined && options.output === 'table')
      around.err.write(`${sayIn(options.lang)(`Did you mean "${meant}"?`, `もしかして: ${meant}`)}\n`)
    return failures[refusal.name].exit
  } finally {
    await session.close()
  }
}

/** The words, with the only incident that is open in the place of `open`. */
async function meant(session: Session, words: readonly string[], at: number): Promise<readonly string[]> {
  if (at < 0 || words[at] !== 'open') return words
  const { theOpenOne } = await import('./open-one.ts')
  return words.with(at, await theOpenOne(session))
}

const isIncident = (word: string) => /^[a-z0-9][a-z0-9-]*-\d+$/.test(word)

/** A failure that names a moment names it on the clock of the incident's team. */
async function momentsFor(
  session: Session,
  { params }: Failure,
  incident: string | undefined,
): Promise<WriteMoment | undefined> {
  if (incident === undefined || !('at' in params)) return undefined
  const { momentsIn, zoneOf } = await import('./zone.ts')
  return momentsIn(await zoneOf(session, await session.incidents(), incident))
}

/** The known word that an unknown one is nearest to. */
async function suggestion(refusal: Failure, session: Session): Promise<string | undefined> {
  if (!refusal.name.startsWith('unknown-')) return undefined
  const word = refusal.params[refusal.name.replace(/^unknown-/, '')]
  if (typeof word !== 'string') return undefined
  const { known } = refusal.params
  if (typeof known === 'string') return nearest(word, known.split(', '))
  if (refusal.name !== 'unknown-incident') return undefined
  // Where nobody can be asked the refusal stands by itself.
  const listed = await session
    .incidents()
    .then((incidents) => incidents.list({ all: true }))
    .catch(() => [])
  return nearest(
    word,
    listed.map(({ incident }) => incident),
  )
}
