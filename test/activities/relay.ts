/** A server before another one, as a proxy or a pooler is: it changes what passes, or answers by itself. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

export type Relay = { readonly port: number; readonly close: () => void }

type Ways = {
  /** What goes on to the server; undefined: nothing does. `answer` says something to whoever asked. */
  readonly asked?: (words: Buffer, answer: (words: string) => void) => Buffer | undefined
  /** What comes back. */
  readonly answered?: (words: Buffer) => Buffer
}

export async function openRelay(
  to: number,
  { asked = (words) => words, answered = (words) => words }: Ways,
): Promise<Relay> {
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    client.on('data', (chunk) => {
      const words = asked(chunk, (answer) => client.write(answer))
      if (words !== undefined) upstream.write(words)
    })
    upstream.on('data', (chunk) => client.write(answered(chunk)))
    for (const socket of [client, upstream])
      socket
        .on('error', () => {})
        .on('close', () => {
          client.destroy()
          upstream.destroy()
        })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}
