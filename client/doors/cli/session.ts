/** What one call of the command line knows: who acts, in which language, where answers go, and the way to the incidents. */
import { userInfo } from 'node:os'
import { explain, type Failure, failure, type WriteMoment } from '../../../domain/failures.ts'
import { personName } from '../../../domain/person.ts'
import { type Actor, type Lang, said, type Text, type Words } from '../../../domain/words.ts'
import { refused } from '../../../edge/refused.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import type { Temporal } from '../../temporal/connect.ts'
import { clean, cleanJson, cleanPainted, type Screen, screenOf, wrap } from './terminal.ts'

type Out = {
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** The process as the command line sees it; tests hand in their own. */
export type Surroundings = {
  readonly out: Out
  readonly err: Out
  readonly stdin: AsyncIterable<unknown> & { readonly isTTY?: boolean | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whoever waits is told to end: Ctrl-C, SIGTERM, or a reader of our output who has seen enough. */
  readonly signal: AbortSignal
  readonly version: string
}

export type Output = 'table' | 'json' | 'yaml'

/** An answer: data for machines, and words for people made only when they are wanted. */
export type Answer = { readonly data: unknown; readonly text: (screen: Screen) => string }

export type Session = {
  readonly around: Surroundings
  readonly output: Output
  readonly lang: Lang
  readonly by: Actor
  /** Through Temporal, or through the API where HIKESHI_API_URL and _TOKEN are set. */
  readonly incidents: () => Promise<Incidents>
  /** Temporal itself, for what only it can answer. */
  readonly temporal: () => Promise<Temporal>
  readonly close: () => Promise<void>
  /** Prints the answer to stdout: JSON or YAML alone, or the text. */
  readonly print: (answer: Answer) => Promise<void>
  /** One line for the person who waits; to stderr, never to stdout. */
  readonly say: (line: Words) => void
}

export type GlobalOptions = { readonly output: Output; readonly lang: Lang; readonly as?: string | undefined }

export function openSession(options: GlobalOptions, around: Surroundings): Session {
  let connecting: Promise<Temporal> | undefined
  const temporal = () => {
    connecting ??= import('../../temporal/connect.ts').then(({ connect, temporalSettings }) =>
      connect(temporalSettings(around.env)),
    )
    return connecting
  }
  const screen = screenOf(around.out, around.env)
  return {
    around,
    output: options.output,
    lang: options.lang,
    by: { kind: 'person', id: options.as ?? osUser(around.env), verified: false },
    temporal,
    incidents: async () => {
      const api = apiSettings(around.env, options.as)
      if (api !== undefined) {
        const { incidentsOverHttp } = await import('../../incidents/over-http.ts')
        return incidentsOverHttp(api)
      }
      const [{ openIncidents }, connected] = await Promise.all([
        import('../../incidents/incidents.ts'),
        temporal(),
      ])
      return openIncidents(connected, { archive: around.env.HIKESHI_ARCHIVE })
    },
    close: async () => {
      // It is told to end: what still connects is left to the system.
      if (around.signal.aborted) return
      await connecting?.then(
        (connected) => connected.close(),
        () => undefined,
      )
    },
    print: async ({ data, text }) => {
      around.out.write(`${await answered(options, around, data, () => text(screen))}\n`)
    },
    say: (line) => {
      around.err.write(
        `${wrap(clean(said(line)[options.lang]), screenOf(around.err, around.env).width).join('\n')}\n`,
      )
    },
  }
}

/**
 * The API's address and token, where commands go through it. Half of them is refused: who believes to act as a verified person must not
 * end at Temporal, unverified.
 */
function apiSettings(
  { HIKESHI_API_URL: url = '', HIKESHI_API_TOKEN: token = '' }: Surroundings['env'],
  as: string | undefined,
): { readonly url: string; readonly token: string } | undefined {
  if (url === '' && token === '') return undefined
  if (token === '') throw refused('half-settings', { set: 'HIKESHI_API_URL', missing: 'HIKESHI_API_TOKEN' })
  if (url === '') throw refused('half-settings', { set: 'HIKESHI_API_TOKEN', missing: 'HIKESHI_API_URL' })
  if (as !== undefined) throw refused('as-with-token', { person: as })
  return { url, token }
}

/** The deed is done when its answer is worded: what goes wrong there must not make it look failed, so the data is printed as it is. */
async function answered(
  { output, lang }: GlobalOptions,
  around: Surroundings,
  data: unknown,
  text: () => string,
): Promise<string> {
  try {
    return await worded(output, data, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const found = failure('internal', { where: 'print', reason: reason.slice(0, 300) })
    around.err.write(`${complaint(found, { output, lang }, screenOf(around.err, around.env))}\n`)
    return cleanJson(JSON.stringify(data))
  }
}

async function worded(output: Output, data: unknown, text: () => string): Promise<string> {
  switch (output) {
    case 'json':
      return cleanJson(JSON.stringify(data))
    case 'yaml':
      return (await import('./yaml-output.ts')).toYaml(data)
    case 'table':
      return cleanPainted(text())
  }
}

function osUser(env: Surroundings['env']): string {
  const known = personName.safeParse(osName(env))
  return known.success ? known.data : 'local user'
}

function osName(env: Surroundings['env']): string | undefined {
  try {
    return userInfo().username
  } catch {
    // A container's user without an entry in passwd.
    return env.USER
  }
}

const nextIs = { en: 'next: ', ja: '次の操作: ' }

/** A failure in words for stderr; with -o json or yaml as data. `instead`: what else can be done next. */
export function complaint(
  refusal: Failure,
  options: Pick<GlobalOptions, 'output' | 'lang'>,
  screen: Screen,
  moments?: WriteMoment,
  instead?: Text,
): string {
  const { what, next: usual } = explain(refusal, options.lang, moments)
  const next = instead === undefined ? usual : `${usual} ${instead[options.lang]}`
  const error = { code: refusal.code, name: refusal.name, what, next }
  if (options.output === 'json') return cleanJson(JSON.stringify({ error }))
  if (options.output === 'yaml') {
    // A text in JSON's quotes is one in YAML's too, and nothing has to be loaded for it.
    const members = Object.entries(error).map(([key, text]) => `  ${key}: ${cleanJson(JSON.stringify(text))}`)
    return ['error:', ...members].join('\n')
  }
  const lines = wrap(`${refusal.code} ${clean(what)}`, screen.width)
  // Coloured after wrapping: colours have no width, but the wrapping counts characters.
  const [first = '', ...rest] = lines
  const head = `${screen.paint('red', refusal.code)}${first.slice(refusal.code.length)}`
  return [head, ...rest, ...wrap(`${nextIs[options.lang]}${clean(next)}`, screen.width)].join('\n')
}
