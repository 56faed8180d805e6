/** Tells the API server how a container does; what was told already is not told again. */
export function openStatus(cluster) {
  let told = ''

  function running(pod, restartCount, ready) {
    return tell(pod, { ready, restartCount, state: { running: {} } })
  }

  function crashing(pod, restartCount) {
    const { name } = pod.spec.containers[0]
    const message = `back-off 10s restarting failed container=${name} pod=${pod.metadata.name}`
    const state = { waiting: { reason: 'CrashLoopBackOff', message } }
    return tell(pod, { ready: false, restartCount, state })
  }

  /** The pod of a Job, which is not started again. */
  function over(pod, exitCode) {
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: now() }
    return tell(pod, { ready: false, restartCount: 0, state: { terminated } })
  }

  async function tell(pod, container) {
    const what = JSON.stringify([pod.metadata.uid, container])
    if (what === told) return
    const { code } = await patch(pod, statusOf(pod, container))
    // 404: the pod is gone, and so is whoever would read this.
    if (code < 300 || code === 404) told = what
  }

  function patch({ metadata: { name } }, status) {
    return new Promise((resolve, reject) => {
      const call = cluster('PATCH', `/api/v1/namespaces/shodo/pods/${name}/status`, { status })
      call.once('error', reject)
      call.once('response', (answer) => {
        answer.resume()
        resolve({ code: answer.statusCode })
      })
    })
  }

  return { running, crashing, over }
}

function now() {
  return new Date().toISOString()
}

function statusOf(pod, { ready, restartCount, state }) {
  const at = now()
  const [container] = pod.spec.containers
  const conditions = pod.status.conditions.map((condition) =>
    ['Ready', 'ContainersReady'].includes(condition.type)
      ? { ...condition, status: ready ? 'True' : 'False', lastTransitionTime: at }
      : condition,
  )
  const isRunning = 'running' in state
  const last =
    restartCount > 0 ? { lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: at } } } : {}
  const containerStatuses = [
    {
      name: container.name,
      image: container.image,
      imageID: '',
      ready,
      started: isRunning,
      restartCount,
      state: isRunning ? { running: { startedAt: at } } : state,
      ...last,
    },
  ]
  const { terminated } = state
  const ended = terminated?.exitCode === 0 ? 'Succeeded' : 'Failed'
  return { phase: terminated ? ended : 'Running', conditions, containerStatuses }
}
