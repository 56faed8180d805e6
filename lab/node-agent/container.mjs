import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 100
const restartAfterMs = 1_000
const askAgainAfterMs = 1_000

/**
 * Plays one container. `want(pod)` says whose process shall run, or with undefined that none shall; one loop brings the process
 * there, so that start, stop and restart never overlap. A program has `prepare(pod)`, `command()`, `settle()` (once it answers for
 * the first time), `answers()`, `drop(uid)` and `stopSignal`.
 */
export function openContainer({ program, status, logs, isHeld }) {
  let wanted
  let ended = false
  let child
  let pod
  let restarts = 0
  let isReady = false
  let askedAt = 0
  const over = loop()

  async function loop() {
    while (!ended) {
      try {
        await step()
      } catch (error) {
        if (pod) logs.write(pod, 'stderr', `container: ${error.message}`)
        await stop('SIGKILL')
        await sleep(restartAfterMs)
      }
      await sleep(lookEveryMs)
    }
    await stop(program.stopSignal)
  }

  async function step() {
    if (pod && pod.metadata.uid !== wanted?.metadata.uid) await leave()
    if (!wanted) return
    if (!pod) await enter(wanted)
    if (isHeld(pod.metadata.uid)) {
      // As after a crash that comes again at each start.
      if (child) restarts += 1
      await stop('SIGQUIT')
      return status.crashing(pod, restarts)
    }
    if (!child) await start()
    if (child.exitCode !== null || child.signalCode !== null) {
      child = undefined
      restarts += 1
      isReady = false
      await status.crashing(pod, restarts)
      return sleep(restartAfterMs)
    }
    if (isReady && Date.now() - askedAt < askAgainAfterMs) return
    const answers = await program.answers()
    askedAt = Date.now()
    if (answers && !isReady) await program.settle()
    isReady = answers
    await status.running(pod, restarts, isReady)
  }

  async function enter(newer) {
    pod = newer
    restarts = pod.status.containerStatuses?.[0]?.restartCount ?? 0
    logs.open(pod)
  }

  async function leave() {
    await stop(program.stopSignal)
    program.drop(pod.metadata.uid)
    logs.close(pod.metadata.uid)
    pod = undefined
  }

  async function start() {
    await program.prepare(pod)
    const [command, ...args] = program.command()
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
    const started = spawn(command, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] })
    const mine = pod
    createInterface(started.stdout).on('line', (line) => logs.write(mine, 'stdout', line))
    createInterface(started.stderr).on('line', (line) => logs.write(mine, 'stderr', line))
    started.on('error', (error) => logs.write(mine, 'stderr', `container: ${error.message}`))
    child = started
  }

  async function stop(signal) {
    const going = child
    child = undefined
    isReady = false
    if (!going || going.exitCode !== null || going.signalCode !== null) return
    const gone = new Promise((resolve) => going.once('exit', resolve))
    going.kill('SIGCONT')
    going.kill(signal)
    const late = setTimeout(() => going.kill('SIGKILL'), 8_000)
    await gone
    clearTimeout(late)
  }

  return {
    want: (newer) => {
      wanted = newer
    },
    end: () => {
      ended = true
      return over
    },
  }
}
