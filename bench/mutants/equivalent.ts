/** Changes after which the code does the same, or of which nobody can notice anything; each with its reason. */
export type Equivalent = {
  /** From the root. */
  readonly file: string
  /** The whole line, without its indentation. */
  readonly line: string
  readonly was: string
  readonly is: string
  readonly because: string
}

export const equivalents: readonly Equivalent[] = [
  {
    file: 'domain/alert/group.ts',
    line: 'if (young.length <= alertsOfGroup) return Object.fromEntries(young)',
    was: '<=',
    is: '<',
    because: 'of exactly so many none goes: cutting keeps all of them',
  },
  {
    file: 'domain/desk/evolve.ts',
    line: 'return { ...state, archivedRun: Math.max(state.archivedRun ?? 0, entry.data.run) }',
    was: '0',
    is: '1',
    because: 'runs are counted from 1',
  },
  {
    file: 'domain/desk/join.ts',
    line: "facts: [fact('opened', by, { opening, version: state.runbook?.version ?? 0, ...withKey })],",
    was: '0',
    is: '1',
    because: 'what would open an incident before a runbook is published was refused before it came here',
  },
  {
    file: 'domain/runbook/published.ts',
    line: "const runbook = { book, version: 0, sha256: '' }",
    was: '0',
    is: '1',
    because: 'the parts of a picture are those of the book, whatever version it has',
  },
  {
    file: 'domain/diagnosis/rank.ts',
    line: 'return (b.weights[at] ?? 0) - (a.weights[at] ?? 0)',
    was: '0',
    is: '1',
    because:
      'a sort only asks whether a later one comes before an earlier one, and there is a weight at each place',
  },
  {
    file: 'domain/bytes.ts',
    line: '.transform((source) => bytesOf(source) ?? 0),',
    was: '0',
    is: '1',
    because: 'what is no amount was refused one line before, and is not transformed',
  },
  {
    file: 'domain/duration.ts',
    line: '.transform((source) => durationMs(source) ?? 0),',
    was: '0',
    is: '1',
    because: 'what is no duration was refused one line before, and is not transformed',
  },
  {
    file: 'domain/duration.ts',
    line: 'const parts = showDuration(Math.max(1_000, ms)).match(/\\d+[a-z]+/g) ?? []',
    was: '1_000',
    is: '1001',
    because: 'both are told as 1s',
  },
]
