/** Text in quotes that a POSIX shell takes for one word, and for nothing else. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
