import { openLogFiles } from './log-files.mjs'

/** What the pods of the application log: their start, their crashes, and what the app says of their requests. */
export function openPodLogs(dir, cluster) {
  const files = openLogFiles(dir, cluster)
  const restartsSeen = new Map()

  /** To be told of the pods there are, whenever they change. */
  function keepUp(pods) {
    for (const [uid, pod] of pods) {
      if (!pod.spec.nodeName) continue
      if (!restartsSeen.has(uid)) begin(uid, pod)
      const restarts = pod.status.containerStatuses?.[0]?.restartCount ?? 0
      for (; restartsSeen.get(uid) < restarts; restartsSeen.set(uid, restartsSeen.get(uid) + 1)) crash(pod)
    }
    for (const uid of restartsSeen.keys()) {
      if (pods.has(uid)) continue
      restartsSeen.delete(uid)
      files.close(uid)
    }
  }

  function begin(uid, pod) {
    files.open(pod)
    restartsSeen.set(uid, 0)
    log(pod, 'INFO', `starting ${pod.spec.containers[0].image}`)
    log(pod, 'INFO', 'configuration read: 41 settings')
    log(pod, 'INFO', 'application startup complete, listening on :8080')
  }

  function crash(pod) {
    // Whom the kernel kills has no last words.
    const last = pod.status.containerStatuses[0].lastState?.terminated
    if (last?.reason === 'OOMKilled') return log(pod, 'INFO', `starting ${pod.spec.containers[0].image}`)
    log(pod, 'ERROR', 'worker failed to boot: KeyError: STROKE_BUFFER_URL')
    log(pod, 'CRITICAL', 'no worker left, exiting with code 1')
  }

  function log(pod, level, text) {
    const service = pod.spec.containers[0].name
    const line = `${new Date().toISOString()} ${level} [shodo-${service}] ${text}`
    files.write(pod, level === 'INFO' ? 'stdout' : 'stderr', line)
  }

  return { keepUp, log }
}
