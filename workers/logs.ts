import { isIP } from 'node:net'
import { DefaultLogger, IllegalStateError, Runtime } from '@temporalio/worker'
import { refusal } from '../activities/refusal.ts'
import { expected } from '../domain/expected.ts'
import { staleQuery } from '../wire/messages.ts'

/**
 * The SDK's own lines go to stderr as JSON, from warnings on; stdout belongs to whoever started us. With `metrics`, an address such as
 * `127.0.0.1:9464`, its figures and ours can be read there by Prometheus. Once per process.
 */
export function quietLogs(metrics?: string): void {
  // Here and not by the SDK, which looks at it once per process.
  if (metrics !== undefined && !isAddress(metrics))
    throw refusal('bad-input', {
      where: 'HIKESHI_METRICS',
      problem: expected('an address such as 127.0.0.1:9464', '127.0.0.1:9464 のようなアドレス'),
    })
  try {
    Runtime.install({
      logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
        if (message.startsWith('No workflows registered')) return // A cluster's worker has none, as intended.
        if (isRefusedQuery(meta)) return // On purpose, and it is asked again.
        logLine(level, message, meta)
      }),
      shutdownSignals: [],
      telemetryOptions: {
        logging: { forward: {}, filter: 'ERROR' },
        ...(metrics === undefined ? {} : { metrics: { prometheus: { bindAddress: metrics } } }),
      },
    })
  } catch (error) {
    // Installed already: one process may start several workers, and replay besides.
    if (error instanceof IllegalStateError) return
    throw refusal('bad-input', { where: 'HIKESHI_METRICS', problem: String(error) })
  }
}

/** An IP address with a port; `[::1]:9464` of IPv6. */
function isAddress(text: string): boolean {
  const [, six, four = six, port] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? []
  return four !== undefined && isIP(four) === (six === undefined ? 4 : 6) && Number(port) < 65_536
}

function isRefusedQuery(meta: unknown): boolean {
  const { error } = (meta ?? {}) as { error?: unknown }
  return error instanceof Error && error.message.includes(staleQuery)
}

export function logLine(level: string, message: string, meta?: object): void {
  process.stderr.write(
    `${JSON.stringify({ at: new Date().toISOString(), level, message, ...brief(meta) })}\n`,
  )
}

function brief(meta: object | undefined): object {
  if (meta === undefined) return {}
  const { workflowId, runId, activityType, since, error } = meta as Record<string, unknown>
  return {
    workflowId,
    runId,
    activityType,
    since,
    ...(error instanceof Error ? { error: error.message } : {}),
  }
}
