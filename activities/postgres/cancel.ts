import { connect } from 'node:net'
import type pg from 'pg'

/** What the library knows of its session and does not declare. */
type Keyed = { readonly processID?: unknown; readonly secretKey?: unknown }

const cancelRequestCode = 80_877_102
const withinMs = 1_000

/**
 * Asks the server to give up what the session is doing, over a connection of its own as the protocol wants it: that one needs
 * neither login nor free slot. Best effort; the statement timeout ends what it does not reach.
 */
export async function cancelQuery(client: pg.Client, host: string, port: number): Promise<void> {
  const { processID, secretKey }: Keyed = client as Keyed
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return // not logged in yet
  const request = Buffer.alloc(16)
  for (const [i, word] of [16, cancelRequestCode, processID, secretKey].entries())
    request.writeInt32BE(word, i * 4)
  await new Promise<void>((resolve) => {
    const socket = connect(port, host, () => socket.end(request))
    const timer = setTimeout(() => socket.destroy(), withinMs)
    // The server answers by closing, when it has sent the signal.
    socket.on('error', () => {}).resume()
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
