/** The logs that were kept while an incident was open, as its timeline tells of them at the end. */
export type KeptLogs = {
  /** Runs of containers. */
  readonly containers: number
  readonly lines: number
  readonly bytes: number
  /** Secrets that were taken out. */
  readonly masked: number
  /** How often the last attempt found that what came did not connect to what was there: lines may be missing. */
  readonly torn: number
  /** Over paths and contents (manifest.ts): a bundle that holds other logs is not of this incident. */
  readonly sha256: string
}
