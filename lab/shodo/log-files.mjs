import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const path = '/apis/kwok.x-k8s.io/v1alpha1/namespaces/shodo/logs'

/**
 * One log file a pod, in the format of a container runtime; kwok serves them. It learns of each file by a Logs object that the
 * pod owns, so that both go together.
 */
export function openLogFiles(dir, cluster) {
  const folder = join(dir, 'pod-logs')
  mkdirSync(folder, { recursive: true })
  const files = new Map()

  function open(pod) {
    const { name, uid } = pod.metadata
    files.set(uid, join(folder, `${name}-${uid.slice(0, 8)}.log`))
    write(pod, 'stdout', '')
    announce(pod)
  }

  function write(pod, stream, text) {
    const file = files.get(pod.metadata.uid)
    const stamp = new Date().toISOString().replace('Z', '000000Z')
    if (file) appendFileSync(file, text === '' ? '' : `${stamp} ${stream} F ${text}\n`)
  }

  function close(uid) {
    const file = files.get(uid)
    files.delete(uid)
    if (file) rmSync(file, { force: true })
  }

  function announce(pod, method = 'POST') {
    const { name, uid } = pod.metadata
    const file = files.get(uid)
    if (file === undefined) return
    const owner = { apiVersion: 'v1', kind: 'Pod', name, uid }
    const call = cluster(method, method === 'POST' ? path : `${path}/${name}`, {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'Logs',
      metadata: { name, ownerReferences: [owner] },
      spec: { logs: [{ logsFile: file, previousLogsFile: file }] },
    })
    const again = (next) => setTimeout(announce, 100, pod, next)
    call.once('error', () => again(method))
    call.once('response', (answer) => {
      answer.resume()
      // There is one already: ours, told before a restart, or that of an earlier pod of this name, which goes at any moment.
      if (answer.statusCode === 409) again('PATCH')
      else if (answer.statusCode >= 300) again('POST')
    })
  }

  return { open, write, close }
}
