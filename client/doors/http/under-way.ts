import type { FastifyInstance } from 'fastify'
import { refused } from '../../../edge/refused.ts'

/** The bodies of requests without an answer, taken together. Parsed they may be ten times as large. */
const bytesAtMost = 64_000_000

/** Refuses what is too much at once before any of it is read: else a storm takes the memory, and the API with it. */
export function limitBytesUnderWay(app: FastifyInstance): void {
  let [requests, bytes] = [0, 0]
  app.addHook('onRequest', async ({ headers, routeOptions, raw }, reply) => {
    // Nobody is there any more: nothing would come, and nothing would end.
    if (raw.socket.destroyed) return
    const most = routeOptions.bodyLimit
    // Who does not say how much comes (chunked) is taken at the most that is let in; who says more is refused by Fastify.
    const said = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : most
    const own = Math.min(said, most)
    if (bytes + own > bytesAtMost) throw refused('too-busy', { limit: requests })
    requests += 1
    bytes += own
    // An answer that is behind another one on its connection hears nothing of the end of that.
    const ends = [reply.raw, raw.socket]
    const over = () => {
      for (const end of ends) end.off('close', over)
      requests -= 1
      bytes -= own
    }
    for (const end of ends) end.once('close', over)
  })
}
