/** What one call of the command line knows: who acts, in which language, where answers go, and the way to the incidents. */
import { userInfo } from 'node:os'
import { explain, type Failure } from '../../domain/failures.ts'
import type { Actor, Lang } from '../../domain/words.ts'
import type { Temporal } from '../connect.ts'
import type { Door } from '../door.ts'
import { clean, cleanJson, type Screen, screenOf, wrap } from './terminal.ts'

type Out = {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
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
  /** Incidents through Temporal, or through the API where HIKESHI_API_URL and _TOKEN are set. */
  readonly door: () => Promise<Door>
  /** Temporal itself, for what only it can answer. */
  readonly temporal: () => Promise<Temporal>
  readonly close: () => Promise<void>
  /** Prints the answer to stdout: JSON or YAML alone, or the text. */
  readonly print: (answer: Answer) => Promise<void>
  /** One line for the person who waits; to stderr, never to stdout. */
  readonly say: (line: string) => void
}

export type GlobalOptions = { readonly output: Output; readonly lang: Lang; readonly as?: string | undefined }

export function openSession(options: GlobalOptions, around: Surroundings): Session {
  let connecting: Promise<Temporal> | undefined
  const temporal = () => {
    connecting ??= import('../connect.ts').then(({ connect, temporalSettings }) =>
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
    door: async () => {
      const { HIKESHI_API_URL: url, HIKESHI_API_TOKEN: token } = around.env
      if (url !== undefined && url !== '' && token !== undefined && token !== '') {
        const { openApiDoor } = await import('../api-door.ts')
        return openApiDoor({ url, token })
      }
      const [{ openIncidents }, connected] = await Promise.all([import('../incidents.ts'), temporal()])
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
      around.out.write(`${await worded(options.output, data, () => text(screen))}\n`)
    },
    say: (line) => {
      around.err.write(`${wrap(clean(line), screenOf(around.err, around.env).width).join('\n')}\n`)
    },
  }
}

async function worded(output: Output, data: unknown, text: () => string): Promise<string> {
  switch (output) {
    case 'json':
      return cleanJson(JSON.stringify(data))
    case 'yaml':
      return (await import('./yaml-output.ts')).toYaml(data)
    case 'table':
      return text()
  }
}

function osUser(env: Surroundings['env']): string {
  try {
    return userInfo().username
  } catch {
    // A container's user without an entry in passwd.
    return env.USER || 'unknown'
  }
}

/** A failure in words for stderr; with -o json the same as JSON. */
export function complaint(
  refusal: Failure,
  options: Pick<GlobalOptions, 'output' | 'lang'>,
  screen: Screen,
): string {
  const { what, next } = explain(refusal, options.lang)
  if (options.output === 'json') {
    const error = { code: refusal.code, name: refusal.name, what, next }
    return cleanJson(JSON.stringify({ error }))
  }
  const lines = wrap(`${refusal.code} ${clean(what)}`, screen.width)
  // Coloured after wrapping: colours have no width, but the wrapping counts characters.
  const [first = '', ...rest] = lines
  const head = `${screen.paint('red', refusal.code)}${first.slice(refusal.code.length)}`
  const label = options.lang === 'ja' ? '次の操作: ' : 'next: '
  return [head, ...rest, ...wrap(`${label}${clean(next)}`, screen.width)].join('\n')
}
