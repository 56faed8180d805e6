/**
 * Trace context that nobody has to hand on: an incident is one trace, each of its calls one span, and both ids follow from names that
 * stand in the history. So a re-execution makes the same, and no interceptor is needed (docs/adr/0015-traces-are-derived.md).
 */
import { sha256Hex } from '../domain/timeline/canonical.ts'

/** W3C `traceparent` of a call: `incident` is the workflow's id, `call` the id of its activity. */
export function traceparent(incident: string, call: string): string {
  const trace = sha256Hex(`trace ${incident}`).slice(0, 32)
  const span = sha256Hex(`span ${incident} ${call}`).slice(0, 16)
  return `00-${trace}-${span}-01`
}
