/** Epoch milliseconds as timelines write them: ISO 8601, UTC. */
export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
