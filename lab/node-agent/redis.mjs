import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { accountOf } from './account.mjs'

/** A Redis that keeps its data over a new pod, as one with a volume would. */
export function redisProgram({ data, ports, redis }, secret) {
  const account = accountOf(redis)
  const folder = join(data, 'redis-master')
  const config = join(folder, 'redis.conf')
  return {
    prepare: async () => {
      account.makeFolder(folder)
      // In a file, for arguments stand in the list of processes.
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
    answers: () => pings(ports.redis, secret('redis')),
    drop: () => {},
    stopSignal: 'SIGTERM',
  }
}

function pings(port, password) {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(`AUTH ${password}\r\nPING\r\n`))
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('data', (chunk) => {
      said += chunk
      if (said.includes('+PONG')) end(true)
      else if (said.includes('-')) end(false)
    })
  })
}
