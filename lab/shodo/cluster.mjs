import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'

/** Returns `call(method, path, body?)`, which sends a request to the lab's API server and returns it for its events. */
export function openCluster(dir, port) {
  const token = readFileSync(join(dir, 'admin.token'), 'utf8')
  const agent = new Agent({ ca: readFileSync(join(dir, 'certificates', 'apiserver.crt')) })
  return (method, path, body) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    const call = request({ host: '127.0.0.1', port, method, path, agent, headers })
    call.end(body === undefined ? undefined : JSON.stringify(body))
    return call
  }
}
