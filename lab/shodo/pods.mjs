import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'

/**
 * Keeps `pods` (uid → pod) as the API server has them, by list and watch. When the API server is away the last known
 * state stays, as it would behind a real load balancer.
 */
export function watchPods(dir, apiServerPort, onChange = () => {}) {
  const pods = new Map()
  const token = readFileSync(join(dir, 'admin.token'), 'utf8')
  const path = '/api/v1/namespaces/shodo/pods'
  let agent

  function open(query, onAnswer, onEnd) {
    agent ??= new Agent({ ca: readFileSync(join(dir, 'certificates', 'apiserver.crt')) })
    const call = request({
      host: '127.0.0.1',
      port: apiServerPort,
      path: path + query,
      agent,
      headers: { authorization: `Bearer ${token}` },
    })
    call.once('response', (answer) => {
      answer.setEncoding('utf8')
      answer.once('close', onEnd)
      answer.on('error', () => {})
      if (answer.statusCode === 200) onAnswer(answer)
      else answer.resume()
    })
    call.once('error', onEnd)
    call.end()
  }

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
    once(open, '', begin, () => next())
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
    once(open, `?watch=1&resourceVersion=${resourceVersion}`, begin, () => setTimeout(list, 100))
  }

  function take({ type, object }) {
    if (type === 'DELETED') pods.delete(object.metadata.uid)
    else if (object.kind === 'Pod') pods.set(object.metadata.uid, object)
  }

  list()
  return pods
}

/** `open` may report the end twice (error and close). */
function once(open, query, onAnswer, onEnd) {
  let ended = false
  open(query, onAnswer, () => {
    if (!ended) onEnd()
    ended = true
  })
}
