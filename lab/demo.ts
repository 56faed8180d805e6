/**
 * `npm run demo`: one real incident, played with the very commands a person types. Brings up a lab, breaks the backend with a bad
 * deploy, and walks the incident to its report and replay. `--keep` leaves everything running to look at; a demo that fails, or is told
 * to end, leaves nothing.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { aborted, exitAfter, hearSignals } from '../edge/signals.ts'
import { breakLab, healLab, labDown, labUp } from './index.ts'
import { programs } from './programs.ts'
import { showProgress } from './progress.ts'
import { until } from './waiting.ts'

const name = 'demo'
const keep = process.argv.includes('--keep')
const { signal } = hearSignals()
const children = programs(signal)

const told = aborted(signal).then(() => {
  throw new Error('interrupted')
})
const code = await Promise.race([play(), told]).then(
  () => 0,
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    return signal.aborted ? exitAfter(signal) : 1
  },
)
if (!keep || code !== 0) {
  await children.end()
  await labDown(name)
}
process.exit(code)

async function play(): Promise<void> {
  title('A small real environment: Temporal, Kubernetes and the shodo service')
  const lab = await labUp({ name, onProgress: showProgress(), signal })
  await healLab(lab)
  const env = { ...process.env, ...lab.env }
  const hikeshi = typing(env)
  const worker = await startedWorker(env, lab.dir)

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
  const shown = await waitFor(
    incident,
    env,
    (state) => state.steps.rollback?.status === 'proposed',
    'the runbook proposes the rollback',
  )

  title('The picture and the proposal')
  await hikeshi('show', incident)

  title('Another person approves exactly this change')
  const person = await approver()
  await hikeshi('--as', person, 'approve', incident, 'rollback', '--hash', shown.steps.rollback?.hash ?? '')
  await waitFor(
    incident,
    env,
    (state) => state.phase === 'monitoring',
    'rolled back, verified, healthy several times in a row',
  )
  console.log(`  GET /health answers ${(await fetch(`${lab.appUrl}/health`)).status}`)

  title('Resolved, closed, and what is left')
  await hikeshi('--as', 'aoki', 'resolve', incident)
  await hikeshi('--as', 'aoki', 'close', incident, '--waive', 'a demonstration')
  await hikeshi('show', incident)
  await hikeshi('timeline', incident)
  await hikeshi('--lang', 'ja', 'report', incident)
  await hikeshi('replay', incident)
  if (!keep) return
  console.log(`\nEverything is still running. Look at it with:
  eval "$(npx tsx client/doors/cli/main.ts lab env --name ${name})"
  npx tsx client/doors/cli/main.ts show ${incident}
and take it down with:
  kill ${worker.pid}; npx tsx client/doors/cli/main.ts lab down --name ${name}`)
}

/** On a terminal a person decides; without one a second named person does, and it is said. */
async function approver(): Promise<string> {
  if (!process.stdin.isTTY) {
    console.log('  (no terminal: sato, a second named person, approves by script)')
    return 'sato'
  }
  // Not as a terminal: then the reader would take Ctrl-C for itself.
  const asking = createInterface({ input: process.stdin, output: process.stdout, terminal: false })
  const closed = once(asking, 'close').then(() => '')
  const answer = await Promise.race([asking.question('  Approve the rollback as sato? [y/N] '), closed])
  asking.close()
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new Error('Not approved: nothing was changed. The demo ends here.')
  return 'sato'
}

/** Runs one command of the command line and shows it with what it prints; returns its standard output. */
function typing(env: NodeJS.ProcessEnv): (...argv: string[]) => Promise<string> {
  return async (...argv) => {
    console.log(`\n$ hikeshi ${argv.map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`)
    const { output, code } = await children.run(env, argv)
    process.stdout.write(output)
    if (code !== 0) throw new Error(`hikeshi ${argv.join(' ')} ended with exit code ${code}`)
    return output
  }
}

/** Starts the worker and returns when it works and its runbook is published; what it says goes into the lab's folder. */
async function startedWorker(env: NodeJS.ProcessEnv, dir: string): Promise<ChildProcess> {
  const file = join(dir, 'log', 'worker.log')
  // In English whoever reads the rest: the last line is waited for.
  const worker = children.start(
    env,
    ['--lang', 'en', '--as', 'demo', 'worker', '--runbooks', 'runbooks'],
    file,
  )
  const said = () => readFileSync(file, 'utf8').trim()
  await until(async () => /Worker running/.test(said()), {
    what: 'the worker to work',
    withinMs: 120_000,
    giveUp: () => {
      if (worker.exitCode !== null || worker.signalCode !== null)
        throw new Error(`the worker ended by itself:\n${said()}`)
    },
  })
  console.log(dim(said().replace(/^/gm, '  ')))
  return worker
}

type State = {
  readonly phase: string
  readonly steps: { readonly [run: string]: { readonly status: string; readonly hash?: string } }
}

async function waitFor(
  incident: string,
  env: NodeJS.ProcessEnv,
  wanted: (state: State) => boolean,
  what: string,
): Promise<State> {
  const started = Date.now()
  while (Date.now() - started < 60_000) {
    const { output } = await children.run(env, ['-o', 'json', 'show', incident])
    const shown = output === '' ? undefined : (JSON.parse(output) as { state?: State })
    if (shown?.state !== undefined && wanted(shown.state)) {
      console.log(dim(`  ${what} (${((Date.now() - started) / 1_000).toFixed(1)} s)`))
      return shown.state
    }
  }
  throw new Error(`waited 60 s in vain: ${what}`)
}

function title(words: string): void {
  console.log(`\n── ${words}`)
}

function dim(words: string): string {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? `\u001b[2m${words}\u001b[0m` : words
}
