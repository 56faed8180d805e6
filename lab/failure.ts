/** What went wrong in the lab, and what the person can do about it. `usage` is a mistake in the command itself. */
export class LabError extends Error {
  override readonly name = 'LabError'
  readonly hint: string
  readonly kind: 'failed' | 'usage'

  constructor(message: string, hint: string, kind: 'failed' | 'usage' = 'failed') {
    super(`${message}: ${hint}`)
    this.hint = hint
    this.kind = kind
  }
}

/** It was told to end, and has put away what it had begun. */
export function interrupted(): LabError {
  return new LabError('interrupted', 'nothing was left running')
}
