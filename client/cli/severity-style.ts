import type { Style } from './terminal.ts'

const styles: { readonly [severity: string]: Style } = {
  CRITICAL: 'red',
  HIGH: 'yellow',
  MEDIUM: 'blue',
  LOW: 'dim',
}

/** The runbook's own colours: 🔴 CRITICAL 🟡 HIGH 🔵 MEDIUM. */
export function severityStyle(severity: string | undefined): Style | undefined {
  return severity === undefined ? undefined : styles[severity]
}
