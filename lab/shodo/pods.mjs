const path = '/api/v1/namespaces/shodo/pods'

/**
 * Keeps `pods` (uid → pod; those that the label selector names) as the API server has them, by list and watch; `onChange` is told after each change. When the
 * API server is away the last known state stays, as it would behind a real load balancer.
 */
export function watchPods(cluster, selector, onChange) {
  const which = `labelSelector=${encodeURIComponent(selector)}`
  const pods = new Map()
  list()
  return pods

  function list() {
    let text = ''
    let next = () => setTimeout(list, 250)
    const begin = (answer) => {
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.once('end', () => {
        const { items, metadata } = JSON.parse(text)
        pods.clear()
        for (const pod of items) pods.set(pod.metadata.uid, pod)
        onChange()
        next = () => watch(metadata.resourceVersion)
      })
    }
    follow(`?${which}`, begin, () => next())
  }

  function watch(resourceVersion) {
    let rest = ''
    const begin = (answer) => {
      answer.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop()
        for (const line of lines) take(JSON.parse(line))
        onChange()
      })
    }
    // However the watch ends, a fresh list is right: it costs little, and it also covers an expired version.
    follow(`?${which}&watch=1&resourceVersion=${resourceVersion}`, begin, () => setTimeout(list, 100))
  }

  function take({ type, object }) {
    if (type === 'DELETED') pods.delete(object.metadata.uid)
    else if (object.kind === 'Pod') pods.set(object.metadata.uid, object)
  }

  /** Calls `onAnswer` with a good answer, and `onEnd` once, however it ends (an error may come with a close). */
  function follow(query, onAnswer, onEnd) {
    let ended = false
    const end = () => {
      if (!ended) onEnd()
      ended = true
    }
    const call = cluster('GET', path + query)
    call.once('error', end)
    call.once('response', (answer) => {
      answer.setEncoding('utf8')
      answer.on('error', () => {})
      answer.once('close', end)
      if (answer.statusCode === 200) onAnswer(answer)
      else answer.resume()
    })
  }
}
