import { createServer } from 'node:http'
import { contentType } from '../shodo/metrics.mjs'

/**
 * Serves at /metrics/NAME what an exporter beside each server would tell Prometheus, with the names that postgres_exporter and
 * redis_exporter use, so that rules of a team look the same. A program says it by `metrics()`, which always answers, and soon:
 * a server that does not answer is a metric too.
 */
export function serveMetrics(port, programs) {
  const server = createServer(async ({ url = '' }, response) => {
    const program = programs[url.replace(/^\/metrics\//, '')]
    response.writeHead(program ? 200 : 404, { 'content-type': contentType })
    response.end(program ? await program.metrics() : '')
  })
  server.listen(port, '127.0.0.1')
}
