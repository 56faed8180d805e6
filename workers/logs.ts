import { DefaultLogger, Runtime } from '@temporalio/worker'

/** The SDK's own lines go to stderr as JSON, from warnings on; stdout belongs to whoever started us. Once per process. */
export function quietLogs(): void {
  try {
    const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (message.startsWith('No workflows registered')) return // A cluster's worker has none, as intended.
      process.stderr.write(
        `${JSON.stringify({ at: new Date().toISOString(), level, message, ...brief(meta) })}\n`,
      )
    })
    Runtime.install({
      logger,
      shutdownSignals: [],
      telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
    })
  } catch {
    // Installed already: one process may start several workers, and replay besides.
  }
}

function brief(meta: object | undefined): object {
  if (meta === undefined) return {}
  const { workflowId, runId, activityType, error } = meta as Record<string, unknown>
  return { workflowId, runId, activityType, ...(error instanceof Error ? { error: error.message } : {}) }
}
