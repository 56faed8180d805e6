/** A real HTTP receiver on loopback that fails the test on every request nobody expected. */
import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Answer = (response: ServerResponse) => void

export type Receiver = {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** Expects one more request and answers it so; requests are answered in the order of these calls. */
  readonly expect: (answer: Answer) => void
  /** Fails when anything came that was not expected, or anything expected did not come. */
  readonly close: () => Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const unexpected: Received[] = []
  const answers: Answer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const seen = { method, path, headers, body: Buffer.concat(chunks).toString() }
      const answer = answers.shift()
      if (answer === undefined || method !== 'POST' || path !== '/pages') {
        unexpected.push(seen)
        response.writeHead(418).end()
        return
      }
      received.push(seen)
      answer(response)
    })
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}/pages`,
    port,
    received,
    expect: (answer) => {
      answers.push(answer)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      assert.deepEqual(unexpected, [], 'the receiver got what nobody expected')
      assert.equal(answers.length, 0, 'the receiver never got what was expected')
    },
  }
}

export const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body)
  }

/** Takes the request and never says a word. */
export const hanging: Answer = () => {}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
