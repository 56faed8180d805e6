import { plainLine } from '../../../edge/plain-text.ts'

/** The system's own word where there is one (ECONNREFUSED), which fetch wraps; the library's codes say less than its sentences. */
export function reasonOf(error: unknown): string {
  const { code, message, cause } = error as {
    readonly code?: unknown
    readonly message?: unknown
    readonly cause?: unknown
  }
  if (typeof code === 'string' && !code.startsWith('UND_ERR')) return code
  return cause instanceof Error ? reasonOf(cause) : plainLine(String(message ?? error), 200)
}
