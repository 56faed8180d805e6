/** A pager's receiver over real HTTP. It checks every request and remembers each key; anything unexpected fails the test. */
import { createServer } from 'node:http'
import { verifySignature } from '../../channels/webhook/signature.ts'

export type Received = { readonly key: string; readonly level: string; readonly atMs: number }

export type Receiver = {
  readonly url: string
  readonly received: readonly Received[]
  readonly defects: readonly string[]
  /** Awaited after a page was received and before it is answered. */
  onPage: (hold: ((page: Received) => Promise<void>) | undefined) => void
  readonly close: () => Promise<void>
}

export async function openReceiver(secret: string): Promise<Receiver> {
  const received: Received[] = []
  const defects: string[] = []
  let hold: ((page: Received) => Promise<void>) | undefined
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const header = (name: string) => String(incoming.headers[name] ?? '')
    const genuine = verifySignature({
      secret,
      timestamp: header('x-hikeshi-timestamp'),
      body,
      header: header('x-hikeshi-signature'),
      nowMs: Date.now(),
      toleranceMs: 300_000,
    })
    if (incoming.method !== 'POST') defects.push(`method ${incoming.method}`)
    if (!genuine) defects.push('wrong signature')
    const { key, level } = JSON.parse(body) as { key: string; level: string }
    if (key !== header('idempotency-key'))
      defects.push(`key ${key} against header ${header('idempotency-key')}`)
    const page = { key, level, atMs: Date.now() }
    received.push(page)
    await hold?.(page)
    if (!outgoing.destroyed) outgoing.writeHead(202).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return {
    url: `http://127.0.0.1:${address.port}/page`,
    received,
    defects,
    onPage: (next) => {
      hold = next
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
