/** The first line of a text, 500 characters at most. */
export function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 500)
}

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  return firstLine(error instanceof Error ? error.message : String(error))
}
