const enough = 4 * 2 ** 30
const units = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

/**
 * The backend's memory leak. Each pod of it whose limit is below 4Gi gets the label by which kwok kills it again and again
 * (cluster/stages.yaml): new pods too, whatever revision they are of, so that only more memory helps.
 */
export function openLeak(cluster) {
  const marked = new Set()
  return (pods) => {
    for (const uid of marked) if (!pods.has(uid)) marked.delete(uid)
    for (const [uid, pod] of pods) {
      if (marked.has(uid) || pod.metadata.labels?.app !== 'shodo-backend') continue
      if (pod.metadata.deletionTimestamp || limitOf(pod) >= enough) continue
      marked.add(uid)
      mark(uid, pod)
    }
  }

  function mark(uid, { metadata }) {
    const path = `/api/v1/namespaces/shodo/pods/${metadata.name}`
    const call = cluster('PATCH', path, { metadata: { uid, labels: { 'hikeshi.lab/oom': 'true' } } })
    const again = () => setTimeout(() => marked.has(uid) && mark(uid, { metadata }), 250)
    call.once('error', again)
    call.once('response', (answer) => {
      answer.resume()
      if (answer.statusCode >= 300) again()
    })
  }
}

/** A pod without a limit has the whole node. */
function limitOf({ spec }) {
  const [, amount, unit] =
    /^(\d+(?:\.\d+)?)(\w*)$/.exec(spec.containers[0].resources?.limits?.memory ?? '') ?? []
  return amount === undefined || units[unit] === undefined ? Number.POSITIVE_INFINITY : amount * units[unit]
}
