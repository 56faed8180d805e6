/**
 * `npm run demo`: one real incident, played with the very commands a person types. Brings up a lab, breaks the backend with a bad
 * deploy, and walks the incident to its report and replay. `--keep` leaves everything running to look at.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { breakLab, healLab, labDown, labUp } from './index.ts'
import { showProgress } from './progress.ts'
import { endCleanly } from './signals.ts'

const name = 'demo'
const keep = process.argv.includes('--keep')
const ends: (() => Promise<unknown>)[] = []
const interrupted = new AbortController()
let tidying: Promise<void> | undefined

endCleanly(tidy)
try {
  await play()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  if (!keep || process.exitCode === 1) await tidy()
}

async function play(): Promise<void> {
  title('A small real world: Temporal, Kubernetes and the shodo service')
  ends.push(() => labDown(name))
  const lab = await labUp({ name, onProgress: showProgress(), signal: interrupted.signal })
  await healLab(lab)
  const env = { ...process.env, ...lab.env }
  const hikeshi = commands(env)
  const worker = start(env, ['--as', 'demo', 'worker', '--runbooks', 'runbooks'])
  ends.push(() => stop(worker))
  await saying(worker, 'worker')

  title('A deploy breaks the backend')
  await breakLab(lab, 'bad-deploy')
  console.log(`  GET /health answers ${(await fetch(`${lab.appUrl}/health`)).status}`)

  title('aoki declares the incident')
  const declared = await hikeshi(
    '--as',
    'aoki',
    'declare',
    '--service',
    'backend',
    '--severity',
    'HIGH',
    '--symptom',
    '5xx',
    '--impact',
    'all',
    '--description',
    '注文APIが500を返す',
  )
  const incident = /\bshodo-\d+\b/.exec(declared)?.[0]
  if (incident === undefined) throw new Error('the declaration was not answered with an incident')
  await waitFor(
    incident,
    env,
    (state) => state.steps.rollback?.status === 'proposed',
    'the runbook proposes the rollback',
  )

  title('The picture and the proposal')
  await hikeshi('show', incident)

  title('Another person approves exactly this change')
  const person = await approver()
  await hikeshi('--as', person, 'approve', incident, 'rollback')
  await waitFor(
    incident,
    env,
    (state) => state.phase === 'monitoring',
    'rolled back, verified, healthy several times over',
  )
  console.log(`  GET /health answers ${(await fetch(`${lab.appUrl}/health`)).status}`)

  title('Resolved, closed, and what is left')
  await hikeshi('--as', 'aoki', 'resolve', incident)
  await hikeshi('--as', 'aoki', 'close', incident)
  await hikeshi('show', incident)
  await hikeshi('timeline', incident)
  await hikeshi('--lang', 'ja', 'report', incident)
  await hikeshi('replay', incident)
  if (!keep) return
  console.log(`\nEverything is still running. Look at it with:
  eval "$(npx tsx client/cli/main.ts lab env --name ${name})"
  npx tsx client/cli/main.ts show ${incident}
and take it down with:
  kill ${worker.pid}; npx tsx client/cli/main.ts lab down --name ${name}`)
  worker.unref()
}

/** On a terminal a person decides; without one a second named person does, and it is said. */
async function approver(): Promise<string> {
  if (!process.stdin.isTTY) {
    console.log('  (no terminal: sato, a second named person, approves by script)')
    return 'sato'
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await asking.question('  Approve the rollback as sato? [y/N] ')
  asking.close()
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new Error('Not approved: nothing was changed. The demo ends here.')
  return 'sato'
}

/** Runs one command of the command line and shows it with what it prints; returns its standard output. */
function commands(env: NodeJS.ProcessEnv): (...argv: string[]) => Promise<string> {
  return async (...argv) => {
    console.log(`\n$ hikeshi ${argv.map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`)
    const { output, code } = await run(env, argv)
    process.stdout.write(output)
    if (code !== 0) throw new Error(`hikeshi ${argv.join(' ')} ended with exit code ${code}`)
    return output
  }
}

type State = {
  readonly phase: string
  readonly steps: { readonly [run: string]: { readonly status: string } }
}

async function waitFor(
  incident: string,
  env: NodeJS.ProcessEnv,
  wanted: (state: State) => boolean,
  what: string,
): Promise<void> {
  const started = Date.now()
  while (Date.now() - started < 60_000) {
    const { output } = await run(env, ['-o', 'json', 'show', incident])
    const shown = output === '' ? undefined : (JSON.parse(output) as { state?: State })
    if (shown?.state !== undefined && wanted(shown.state)) {
      console.log(dim(`  ${what} (${((Date.now() - started) / 1_000).toFixed(1)} s)`))
      return
    }
  }
  throw new Error(`waited 60 s in vain: ${what}`)
}

async function run(
  env: NodeJS.ProcessEnv,
  argv: readonly string[],
): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'client/cli/main.ts', ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { output: Buffer.concat(chunks).toString(), code }
}

function start(env: NodeJS.ProcessEnv, argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'client/cli/main.ts', ...argv], {
    env,
    detached: keep,
    stdio: ['ignore', 'ignore', keep ? 'ignore' : 'pipe'],
  })
}

/** Waits until a child process says a word on its standard error; the rest of what it says is passed on. */
async function saying(child: ChildProcess, word: string): Promise<void> {
  if (child.stderr === null) return
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the worker ended with exit code ${code}`)))
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stdout.write(dim(`  ${chunk.toString().trimEnd()}\n`))
      if (chunk.toString().includes(word)) resolve()
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

function tidy(): Promise<void> {
  interrupted.abort()
  tidying ??= (async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })()
  return tidying
}

function title(words: string): void {
  console.log(`\n── ${words}`)
}

function dim(words: string): string {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? `\u001b[2m${words}\u001b[0m` : words
}
