/** A pipe in front of a database, through which a worker goes: a test sees what is asked and answered, and may hold either. */
import { connect, createServer, type Socket } from 'node:net'

export type Pipe = {
  readonly port: number
  /** Called for each piece that passes, before it is passed on; what it awaits holds it. */
  on: (hold: PipeHold | undefined) => void
  readonly close: () => Promise<void>
}

export type PipeHold = {
  readonly asked?: (text: string) => Promise<void>
  readonly answered?: (text: string) => Promise<void>
}

export async function openPipe(to: number): Promise<Pipe> {
  let hold: PipeHold | undefined
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    inOrder(client, upstream, (text) => hold?.asked?.(text))
    inOrder(upstream, client, (text) => hold?.answered?.(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the pipe has no port')
  return {
    port: address.port,
    on: (next) => {
      hold = next
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function inOrder(from: Socket, to: Socket, see: (text: string) => Promise<void> | undefined): void {
  let before = Promise.resolve()
  from.on('data', (chunk) => {
    before = before
      .then(() => see(chunk.toString('latin1')))
      .then(() => {
        if (!to.destroyed) to.write(chunk)
      })
  })
}
