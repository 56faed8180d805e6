/** Types the steps into a shell against a lab, as the people of the walkthrough do. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { Client, Connection } from '@temporalio/client'
import type { Lab } from '../../../lab/index.ts'
import { released } from '../../surfaces/released-program.ts'
import { scratch, until } from '../world.ts'
import { alike, type Places } from './alike.ts'
import { seedFile } from './seed.ts'
import { missing, type Step } from './step.ts'

export type Played = { readonly output: string; readonly exit: number }

/** Longer than any of them is waited for: what a person looks at before the next command. */
const looksForMs = 180_000

/** Somebody who pastes several commands sees which of them failed; a shell that is not on a terminal does not show it. */
const saysFailures = 'trap \'echo "(exit code $?)"\' ERR'

/** In the place of an exit code: what was awaited before did not come. */
const notTyped = -1

/** Plays all of it in a folder that is gone afterwards; each step's output and exit code, as soon as it ended. */
export async function play(
  steps: readonly Step[],
  lab: Lab,
  ended: (step: Step, played: Played) => void,
): Promise<void> {
  const connection = await Connection.connect({ address: lab.temporal.address })
  const client = new Client({ connection, namespace: lab.temporal.namespace })
  const children: ChildProcess[] = []
  try {
    await scratch(async (folder) => {
      const env = await furnished(folder, lab)
      const places = placesOf(folder, lab)
      const tell = (step: Step, { output, exit }: Played) =>
        ended(step, { output: alike(output, places), exit })
      try {
        for (const step of steps) await typed(step)
      } finally {
        await Promise.all(children.map(stop))
      }

      async function typed(step: Step): Promise<void> {
        const { once: wanted, onceDoes, stays, run, meanwhile = [] } = step
        try {
          if (wanted !== undefined)
            await until(client, wanted.incident, wanted.what, ({ state }) => wanted.is(state), looksForMs)
          if (onceDoes !== undefined && missing(step).length === 0)
            await outcome(started(`until ${onceDoes}; do sleep 1; done`, looksForMs))
          if (stays !== undefined) {
            tell(step, { output: await saying(started(`exec ${run}`), stays), exit: 0 })
            return
          }
        } catch (error) {
          tell(step, { output: String(error), exit: notTyped })
          return
        }
        const waiting = outcome(started(step.pasted === undefined ? run : `${saysFailures}\n${run}`))
        for (const other of meanwhile) await typed(other)
        tell(step, await waiting)
      }

      function started(command: string, timeout?: number): ChildProcess {
        const child = shell(command, folder, env, timeout)
        children.push(child)
        return child
      }
    })
  } finally {
    await connection.close()
  }
}

/** What the reader has: the command line on the PATH, the seed, the runbooks. */
async function furnished(folder: string, lab: Lab): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, '.bin')
  await mkdir(bin)
  const program = join(bin, 'hikeshi')
  await writeFile(program, wrapper(lab.name))
  await chmod(program, 0o755)
  await copyFile(seedFile, join(folder, 'runbook.md'))
  await symlink(resolve('runbooks'), join(folder, 'runbooks'))
  const { PATH = '', HOME = homedir() } = process.env
  const KUBECACHEDIR = join(folder, '.kube-cache')
  return { HOME, PATH: `${bin}:${PATH}`, HIKESHI: program, LANG: 'C', LC_ALL: 'C', KUBECACHEDIR, ...lab.env }
}

/** The released command line; the lab is the one of this run, and who types is aoki, whoever runs the test. */
function wrapper(labName: string): string {
  return `#!/bin/sh
case "$1 $* " in
  'lab '*) set -- "$@" --name ${labName} ;;
  *' --as '*) ;;
  *) set -- --as aoki "$@" ;;
esac
exec '${process.execPath}' '${resolve(...released)}' "$@"
`
}

function placesOf(folder: string, lab: Lab): Places {
  return [
    [`${folder}/`, './'],
    [folder, '.'],
    [lab.dir, '~/.cache/hikeshi/labs/dev'],
    [` --name ${lab.name}`, ''],
    [lab.name, 'dev'],
  ]
}

function shell(command: string, cwd: string, env: NodeJS.ProcessEnv, timeout?: number): ChildProcess {
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  return spawn('bash', ['-c', `exec 2>&1\n${command}`], { cwd, env, stdio: [...stdio], timeout })
}

async function outcome(child: ChildProcess): Promise<Played> {
  if (child.stdout === null) throw new Error('its output is needed')
  const [output, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { output, exit: code ?? -1 }
}

/** What it says up to the sign that it works; its further words are nobody's. */
async function saying(child: ChildProcess, sign: RegExp): Promise<string> {
  if (child.stdout === null) throw new Error('its output is needed')
  child.stdout.setEncoding('utf8')
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: string) => {
      said += chunk
      if (sign.test(said)) resolve(said)
    })
    child.once('close', () => reject(new Error(`it ended by itself: ${said}`)))
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  await closed
}
