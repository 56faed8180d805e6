import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type pg from 'pg'

/** What the library knows of its session and does not declare. */
type Keyed = { readonly processID?: unknown; readonly secretKey?: unknown }

type Place = { readonly host: string; readonly port: number; readonly tls: false | ConnectionOptions }

const cancelRequestCode = 80_877_102
const tlsRequestCode = 80_877_103
const withinMs = 1_000

/** The server's process of a session, by the key that came at the login; undefined before it. */
export function processOf(client: pg.Client): number | undefined {
  const { processID } = client as Keyed
  return typeof processID === 'number' ? processID : undefined
}

/**
 * Asks the server to give up what the session is doing, over a connection of its own as the protocol wants it: that one needs
 * neither login nor free slot. The request holds the session's secret key, so it goes encrypted where the session does, or not at all.
 * Best effort; the statement timeout ends what it does not reach.
 */
export async function cancelQuery(client: pg.Client, { host, port, tls }: Place): Promise<void> {
  const { secretKey } = client as Keyed
  const processId = processOf(client)
  if (processId === undefined || typeof secretKey !== 'number') return // not logged in yet
  const request = words(16, cancelRequestCode, processId, secretKey)
  await new Promise<void>((resolve) => {
    const socket = connect(port, host, () => {
      if (tls === false) socket.end(request)
      else encrypted(socket, host, tls, (safe) => safe.end(request))
    })
    const timer = setTimeout(() => socket.destroy(), withinMs)
    // The server answers by closing, when it has sent the signal.
    if (tls === false) socket.resume()
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** PostgreSQL is asked for TLS first, in clear; whatever else than its yes ends the attempt. */
function encrypted(socket: Socket, host: string, tls: ConnectionOptions, send: (safe: Socket) => void): void {
  socket.write(words(8, tlsRequestCode))
  socket.once('data', (answer) => {
    if (answer.toString('latin1') !== 'S') {
      socket.destroy()
      return
    }
    const safe = connectTls({ ...tls, socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) }, () =>
      send(safe),
    )
    safe.on('error', () => socket.destroy()).resume()
    safe.once('close', () => socket.destroy())
  })
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value, 4 * i)
  return bytes
}
