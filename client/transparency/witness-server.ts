/** `hikeshi witness`: answers over HTTP until it is told to end (c2sp.org/tlog-witness). */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { explain } from '../../domain/failures.ts'
import { flushFolder, makeLastingFolder } from '../../edge/folder.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { aborted } from '../../edge/signals.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import { removeAbandoned } from '../../edge/transparency/put-once.ts'
import { badFile } from '../private-file.ts'
import { addCheckpoint, type WitnessAnswer, type WitnessParts } from './witness.ts'

const longestBodyBytes = 64 * 1024
const requestWithinMs = 10_000
/** Requests under way get this long once it is told to stop. */
const stopWithinMs = 5_000

type Served = WitnessParts & {
  readonly host: string
  readonly port: number
  readonly signal: AbortSignal
  /** Gets a line of JSON for each answer. */
  readonly log: (line: string) => void
  readonly ready: (address: string) => void
}

export async function serveWitness({ host, port, signal, log, ready, ...parts }: Served): Promise<void> {
  try {
    await makeLastingFolder(parts.state, 0o700)
    // One that died may have made it.
    await flushFolder(dirname(parts.state))
    await removeAbandoned(parts.state)
  } catch (error) {
    throw badFile(parts.state, reasonInWords(error))
  }
  const server = createServer((request, response) => {
    void answerTo(request, parts).then(({ answer, trouble }) => {
      const at = new Date(parts.now()).toISOString()
      log(
        JSON.stringify({
          at,
          status: answer.status,
          method: request.method,
          ...(trouble ? { trouble } : {}),
        }),
      )
      send(response, answer)
    })
  })
  server.requestTimeout = requestWithinMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(refused('bad-input', { where: '--listen', problem: reasonInWords(error) }, { cause: error })),
    )
    server.listen(port, host, resolve)
  })
  const bound = server.address()
  ready(typeof bound === 'object' && bound !== null ? `${host}:${bound.port}` : host)
  await aborted(signal)
  const force = setTimeout(() => server.closeAllConnections(), stopWithinMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(force)
}

type Answered = { readonly answer: WitnessAnswer; readonly trouble?: string }

/** Never fails: what goes wrong here is told here, and to nobody outside. */
async function answerTo(request: IncomingMessage, parts: WitnessParts): Promise<Answered> {
  try {
    const path = request.url?.split('?')[0]
    if (path !== '/add-checkpoint') return { answer: { status: 404, body: 'POST /add-checkpoint\n' } }
    if (request.method !== 'POST') return { answer: { status: 405, body: 'POST /add-checkpoint\n' } }
    const body = await bodyOf(request)
    if (body === undefined) return { answer: { status: 413, body: 'too long\n' } }
    return { answer: await addCheckpoint(body, parts) }
  } catch (error) {
    const trouble = error instanceof Refused ? explain(error.failure, 'en').what : String(error)
    return { answer: { status: 500, body: 'not cosigned\n' }, trouble }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > longestBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(
  response: ServerResponse,
  { status, type = 'text/plain; charset=utf-8', body }: WitnessAnswer,
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}
