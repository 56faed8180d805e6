/** `1 key`, `3 keys`: for nouns that take an s. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** The verb for a count: `is` or `are` where nothing else is given. */
export function verbFor(count: number, one = 'is', several = 'are'): string {
  return count === 1 ? one : several
}
