import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { present } from '../domain/present.ts'
import { shellQuoted } from '../domain/shell.ts'
import { exitAfter, withinGrace } from '../edge/signals.ts'
import { LabError } from './failure.ts'
import { faults } from './faults/index.ts'
import { breakLab, defaultLab, healLab, type Lab, labDown, labOpen, labStatus, labUp } from './index.ts'
import { showProgress } from './progress.ts'

const usage = `usage: hikeshi lab up|down|status|env|heal [--name NAME] [-o table|json]
       hikeshi lab break FAULT [--name NAME] [-o table|json]
       hikeshi lab alerts URL|off [FILE]  (where Alertmanager posts to, such as the door of an API, and a file with its token)
       hikeshi lab down --keep-data   (stops it and leaves its logs and data)

faults:
${faults.map((fault) => `  ${fault.name.padEnd(20)} ${fault.description}`).join('\n')}
`

type Call = {
  readonly name: string
  readonly json: boolean
  readonly rest: readonly string[]
  readonly keepData: boolean
  readonly signal: AbortSignal
}

/** Who waits for something to break or to heal has nothing to put away. */
const graceMs = 500

/**
 * `hikeshi lab …`: 0 done, 1 failed, 2 usage; after a signal its exit code. Results go to stdout, everything else to stderr. An `up` that
 * is told to end takes down what has come up so far, and a `down` goes on to its end.
 */
export async function runLabCommand(argv: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        name: { type: 'string', default: defaultLab },
        output: { type: 'string', short: 'o', default: 'table' },
        'keep-data': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const [verb = '', ...rest] = positionals
    if (values.help) {
      process.stdout.write(usage)
      return 0
    }
    const command = commands[verb]
    if (!command || (values.output !== 'table' && values.output !== 'json')) {
      process.stderr.write(usage)
      return 2
    }
    const running = command({
      name: values.name,
      json: values.output === 'json',
      rest,
      keepData: values['keep-data'],
      signal,
    })
    return await (verb === 'up' || verb === 'down' ? running : withinGrace(running, signal, graceMs))
  } catch (error) {
    const exit = complain(error)
    return signal.aborted ? exitAfter(signal) : exit
  }
}

const commands: Readonly<Record<string, (call: Call) => Promise<number>>> = {
  async up({ name, json, signal }) {
    const lab = await labUp({ name, onProgress: showProgress(), signal })
    print(
      json,
      describe(lab),
      `lab "${name}" is up. To use it in this shell: eval "$(hikeshi lab env${flag(name)})"`,
    )
    return 0
  },
  async down({ name, json, keepData, signal }) {
    const { state } = await labStatus(name)
    await labDown(name, { keepData, signal })
    const was = state === 'down' ? `lab "${name}" was not up` : `lab "${name}" is down`
    print(json, { name, state: 'down' }, was)
    return 0
  },
  async status({ name, json }) {
    const status = await labStatus(name)
    const lines = status.parts.map(({ part, running, pid }) => `  ${part.padEnd(24)} ${running ? pid : '-'}`)
    const left = Object.entries(status.without).map(([what, why]) => `  without ${what}: ${why}`)
    const active = status.faults.length > 0 ? `, faults: ${status.faults.join(', ')}` : ''
    print(json, status, [`lab "${name}" is ${status.state}${active}`, ...lines, ...left].join('\n'))
    return status.state === 'up' ? 0 : 1
  },
  async env({ name, json }) {
    const { env } = await labOpen(name)
    const exports = Object.entries(env).map(([key, value]) => `export ${key}=${shellQuoted(value)}`)
    print(json, env, exports.join('\n'))
    return 0
  },
  async break({ name, json, rest }) {
    const [fault = ''] = rest
    await breakLab(await labOpen(name), fault)
    print(json, { name, fault }, `${fault} is on`)
    return 0
  },
  async alerts({ name, json, rest }) {
    const [to = '', tokenFile] = rest
    const url = to === 'off' ? undefined : addressOf(to)
    const token = tokenFile === undefined ? undefined : await tokenOf(tokenFile)
    await (await labOpen(name)).alertsTo(url === undefined ? undefined : present({ url, token }))
    print(
      json,
      { name, alertsTo: url ?? null },
      url === undefined ? 'alerts go nowhere' : `alerts go to ${url}`,
    )
    return 0
  },
  async heal({ name, json }) {
    await healLab(await labOpen(name))
    print(json, { name, faults: [] }, `lab "${name}" is as it was after up`)
    return 0
  },
}

function addressOf(text: string): string {
  if (URL.canParse(text)) return text
  const example = 'http://127.0.0.1:7400/doors/alertmanager?runbook=shodo'
  throw new LabError(`"${text}" is no address`, `name one such as ${example}, or off`, 'usage')
}

async function tokenOf(file: string): Promise<string> {
  try {
    return tokenIn(await readFile(file, 'utf8'))
  } catch (error) {
    throw new LabError(
      error instanceof Error ? error.message : String(error),
      'name a file with a token',
      'usage',
    )
  }
}

/** The token alone, or what `hikeshi api token` prints as JSON. */
function tokenIn(text: string): string {
  try {
    const { token } = JSON.parse(text) as { readonly token?: unknown }
    if (typeof token === 'string') return token
  } catch {}
  return text.trim()
}

function describe({ name, dir, env }: Lab) {
  return { name, dir, env }
}

function flag(name: string): string {
  return name === defaultLab ? '' : ` --name ${name}`
}

function print(json: boolean, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`)
}

function complain(error: unknown): number {
  const usageError =
    (error instanceof LabError && error.kind === 'usage') ||
    String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
  process.stderr.write(`hikeshi lab: ${error instanceof Error ? error.message : String(error)}\n`)
  return usageError ? 2 : 1
}
