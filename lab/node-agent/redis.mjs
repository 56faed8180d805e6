import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gauge } from '../shodo/metrics.mjs'
import { accountOf } from './account.mjs'

const isReadyWithinMs = 1_000
/** Prometheus waits for a second. */
const tellsWithinMs = 600

/** A Redis that keeps its data over a new pod, as one with a volume would. */
export function redisProgram({ data, ports, redis }, secret) {
  const account = accountOf(redis)
  const folder = join(data, 'redis-master')
  const config = join(folder, 'redis.conf')
  const ask = (command, withinMs) => converse(ports.redis, secret('redis'), command, withinMs)
  return {
    prepare: async () => {
      account.makeFolder(folder)
      // In a file, because arguments show in the process list.
      writeFileSync(
        config,
        [
          `port ${ports.redis}`,
          'bind 127.0.0.1',
          `dir ${folder}`,
          `requirepass ${secret('redis')}`,
          'save ""',
          'appendonly yes',
          ...Object.entries(redis.settings).map(([name, value]) => `${name} ${value}`),
          '',
        ].join('\n'),
        { mode: 0o600 },
      )
      account.own(config)
    },
    command: () => account.command(redis.server, config),
    settle: async () => {},
    answers: async () => (await ask('PING', isReadyWithinMs)) !== undefined,
    metrics: async () => render(await ask('INFO memory', tellsWithinMs)),
    drop: () => {},
    stopSignal: 'SIGTERM',
  }
}

/** What redis_exporter would say of the server. */
function render(info) {
  const up = gauge('redis_up', 'Whether the server answered.', [[{}, info === undefined ? 0 : 1]])
  if (info === undefined) return up
  const figure = (name) => [[{}, new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]]]
  return [
    up,
    gauge('redis_memory_used_bytes', 'Memory in use.', figure('used_memory')),
    gauge('redis_memory_max_bytes', 'Memory that it may use; 0 is no limit.', figure('maxmemory')),
  ].join('')
}

/** What the server says to the command; undefined when it does not answer in time, or refuses. */
function converse(port, password, command, withinMs) {
  return new Promise((resolve) => {
    let said = ''
    // The PING after it marks the end of an answer of any length.
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`AUTH ${password}\r\n${command}\r\nPING\r\n`),
    )
    const end = (answer) => {
      clearTimeout(late)
      socket.destroy()
      resolve(answer)
    }
    const late = setTimeout(end, withinMs)
    socket.on('error', () => end())
    socket.on('close', () => end())
    socket.on('data', (chunk) => {
      said += chunk
      if (/^-/m.test(said)) end()
      else if (said.endsWith('+PONG\r\n')) end(said)
    })
  })
}
