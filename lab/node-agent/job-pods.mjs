import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountOf } from './account.mjs'
import { openStatus } from './pod-status.mjs'

const lookEveryMs = 100

/**
 * Plays the pods of Jobs in which data are restored: the pod's own command is a real process, and what is run in the pod from outside
 * (`kubectl exec`) ends with it, as in a container. `want(pods)` says which there are; one loop brings the processes there, one pod at a time.
 */
export function openJobPods({ dir, settings, cluster, logs }) {
  const account = accountOf(settings.postgres)
  const played = new Map()
  const over = new Set()
  let wanted = []
  let ended = false
  const done = loop()

  async function loop() {
    while (!ended) {
      try {
        await step()
      } catch (error) {
        console.error(`pods of jobs: ${error.message}`)
      }
      await sleep(lookEveryMs)
    }
    for (const uid of played.keys()) await leave(uid)
  }

  async function step() {
    const there = wanted.filter(({ metadata }) => !metadata.deletionTimestamp)
    for (const uid of played.keys()) if (!there.some((pod) => pod.metadata.uid === uid)) await leave(uid)
    for (const pod of there) {
      const { uid } = pod.metadata
      if (!played.has(uid) && !over.has(uid) && pod.spec.nodeName && pod.status.podIP) enter(pod)
    }
    for (const { child, pod, status } of played.values()) {
      if (child.exitCode === null && child.signalCode === null) await status.running(pod, 0, true)
      else {
        await leave(pod.metadata.uid)
        over.add(pod.metadata.uid)
        await status.over(pod, child.exitCode ?? 137)
      }
    }
  }

  function enter(pod) {
    const [program, ...args] = account.command(...pod.spec.containers[0].command)
    const env = { PATH: process.env.PATH }
    const child = spawn(program, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] })
    logs.open(pod)
    for (const stream of ['stdout', 'stderr'])
      child[stream].on('data', (chunk) => logs.write(pod, stream, String(chunk).trimEnd()))
    child.on('error', (error) => logs.write(pod, 'stderr', `container: ${error.message}`))
    played.set(pod.metadata.uid, { child, pod, status: openStatus(cluster) })
  }

  async function leave(uid) {
    const { child } = played.get(uid)
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    }
    for (const pid of programsIn(dir)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {} // gone meanwhile
    }
    logs.close(uid)
    played.delete(uid)
  }

  return {
    want: (pods) => {
      wanted = pods
    },
    end: () => {
      ended = true
      return done
    },
  }
}

/** Known by what kwok gave them: the lab's folder as their home, and this place. There is never more than one such pod. */
function programsIn(dir) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        return environment.includes(`HOME=${dir}`) && environment.includes('LAB_PLACE=restore')
      } catch {
        return false
      }
    })
    .map(Number)
}
