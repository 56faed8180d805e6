/** How a database is called in findings and as the target of a change. */
export function subjectOf(connection: string): string {
  return `postgres/${connection}`
}
