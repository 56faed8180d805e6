/** The lines of a token file: whom a token names, and what it may. */
import { z } from 'zod'
import { machineName, personKey, personName } from '../../domain/person.ts'
import { problemInJapanese } from '../../domain/phrases.ts'
import { type ProblemPath, showPath } from '../../domain/runbook/problem.ts'
import { name } from '../../domain/runbook/runbook.ts'
import { schemaProblems } from '../../domain/runbook/schema-problems.ts'
import { type Severity, severities, type Text } from '../../domain/words.ts'

/** What a person's token may: look, act on incidents, approve steps, publish runbooks. None holds another. */
export const rights = ['read', 'respond', 'approve', 'publish'] as const
export type Right = (typeof rights)[number]

/** Of a line that says nothing. Who publishes says what the workers run, so that is only for those who are named for it. */
const usual: readonly Right[] = ['read', 'respond', 'approve']

type Held = { readonly name: string; readonly sha256: Buffer; readonly expiresAtMs: number }
export type Person = Held & { readonly kind: 'person'; readonly may: readonly Right[] }
export type Machine = Held & {
  readonly kind: 'machine'
  /** The runbooks whose incidents its alerts open; any where nothing is said. */
  readonly runbooks?: readonly string[]
  /** No alert of its counts for worse. */
  readonly worst?: Severity
}

const held = {
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of a token, 64 hex digits'),
  /** The token is refused from this instant on; a date alone means its first moment in UTC. */
  expires: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
}

const person = z.strictObject({ ...held, person: personName, may: z.array(z.enum(rights)).optional() })
/** A monitoring system; its token opens the doors for alerts and nothing else. */
const machine = z.strictObject({
  ...held,
  machine: machineName,
  runbooks: z.array(name).min(1).optional(),
  worst: z.enum(severities).optional(),
})

const tokenFile = z.strictObject({ tokens: z.array(z.unknown()) })

/** What is wrong with a file, and where. Nothing of it is quoted: a token may have been pasted into it. */
export type TokenFileProblem = { readonly where: string; readonly says: Text }

/** What a file's content names, or what is wrong with it. */
export function holdersIn(content: unknown): readonly (Person | Machine)[] | TokenFileProblem {
  const file = tokenFile.safeParse(content)
  if (!file.success) return problemOf(tokenFile, content)
  const holders: (Person | Machine)[] = []
  for (const [i, entry] of file.data.tokens.entries()) {
    const isMachine = typeof entry === 'object' && entry !== null && 'machine' in entry
    const at = ['tokens', i]
    if (isMachine && 'person' in entry) return wrong(at, 'expected person or machine')
    const holder = isMachine ? machineOf(entry) : personOf(entry)
    if (holder === undefined) return problemOf(isMachine ? machine : person, entry, at)
    holders.push(holder)
  }
  return problemAmong(holders) ?? holders
}

function personOf(entry: unknown): Person | undefined {
  const { data } = person.safeParse(entry)
  return data && { kind: 'person', name: data.person, may: data.may ?? usual, ...heldOf(data) }
}

function machineOf(entry: unknown): Machine | undefined {
  const { data } = machine.safeParse(entry)
  if (data === undefined) return undefined
  const { runbooks, worst } = data
  return {
    kind: 'machine',
    name: data.machine,
    ...heldOf(data),
    ...(runbooks === undefined ? {} : { runbooks }),
    ...(worst === undefined ? {} : { worst }),
  }
}

function heldOf({ sha256, expires }: { readonly sha256: string; readonly expires?: string | undefined }) {
  return {
    sha256: Buffer.from(sha256, 'hex'),
    expiresAtMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
  }
}

/** A token names one holder, and a holder has one name: who is written in two ways would have two votes. */
function problemAmong(holders: readonly (Person | Machine)[]): TokenFileProblem | undefined {
  const digests = new Set(holders.map(({ sha256 }) => sha256.toString('hex')))
  if (digests.size < holders.length)
    return wrong(['tokens'], 'expected every sha256 once: a token names one person or machine')
  const known = new Map<string, Person | Machine>()
  for (const holder of holders) {
    const before = known.get(personKey(holder.name)) ?? holder
    if (before.name !== holder.name)
      return wrong(
        ['tokens'],
        `expected one spelling of each name: "${before.name}" and "${holder.name}" are the same`,
      )
    if (before.kind !== holder.kind)
      return wrong(['tokens'], `expected "${holder.name}" to be a person or a machine, not both`)
    known.set(personKey(holder.name), holder)
  }
  return undefined
}

/** The first thing that is wrong with an entry: what is expected there, without what was found. */
function problemOf(schema: z.ZodType, value: unknown, at: ProblemPath = []): TokenFileProblem {
  const [problem] = schemaProblems(schema, value, at)
  if (problem === undefined) return wrong(at, 'expected a name')
  const { path, expected } = problem
  // A name that nobody knows may be a token as well.
  const known = problem.at === 'key' ? path.slice(0, -1) : path
  return { where: placeOf(known), says: { en: `expected ${expected.en}`, ja: `期待: ${expected.ja}` } }
}

function wrong(at: ProblemPath, en: string): TokenFileProblem {
  return { where: placeOf(at), says: { en, ja: problemInJapanese(en) ?? en } }
}

function placeOf(path: ProblemPath): string {
  return path.length === 0 ? 'tokens' : showPath(path)
}
