import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** Writes what the pods of each service would log, in the format of a container runtime; kwok serves these files. */
export function openPodLogs(dir, services) {
  const folder = join(dir, 'pod-logs')
  mkdirSync(folder, { recursive: true })
  const fileOf = (service) => join(folder, `${service}.log`)
  for (const service of services) {
    if (!existsSync(fileOf(service))) appendFileSync(fileOf(service), history(service))
  }
  return (service, level, text) => appendFileSync(fileOf(service), line(new Date(), service, level, text))
}

/** A quiet quarter of an hour before the lab came up, so that a tail of 100 lines has something to show. */
function history(service) {
  const now = Date.now()
  const lines = []
  for (let secondsAgo = 900; secondsAgo > 0; secondsAgo -= 6) {
    const text = `GET /api/v1/works/${1000 + secondsAgo} 200 ${10 + ((secondsAgo * 7) % 40)}ms`
    lines.push(line(new Date(now - secondsAgo * 1000), service, 'INFO', text))
  }
  return lines.join('')
}

function line(at, service, level, text) {
  const stamp = at.toISOString().replace('Z', '000000Z')
  const stream = level === 'INFO' ? 'stdout' : 'stderr'
  return `${stamp} ${stream} F ${at.toISOString()} ${level} [shodo-${service}] ${text}\n`
}
