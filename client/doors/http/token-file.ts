/** The lines of a token file: whom a token names, and what it may. */

import { z } from 'zod'
import { expects } from '../../../domain/expected.ts'
import { name } from '../../../domain/names.ts'
import { machineName, personKey, personName } from '../../../domain/person.ts'
import { present } from '../../../domain/present.ts'
import { describe, type Problem, type ProblemPath } from '../../../domain/runbook/problem.ts'
import { schemaProblems } from '../../../domain/runbook/schema-problems.ts'
import { type Severity, severities, type Text } from '../../../domain/words.ts'
import { mistakes, parseWhole } from '../../../edge/settings-file.ts'

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
  sha256: z
    .string()
    .regex(
      /^[0-9a-f]{64}$/,
      expects('the SHA-256 of a token, 64 hex digits', 'トークンの SHA-256（16 進数 64 桁）'),
    ),
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

/** Whom a file's text names; refuses (`bad-input`) with every mistake in it. Nothing of it is quoted: a token may have been pasted into it. */
export function holdersIn(text: string, file: string): readonly (Person | Machine)[] {
  const { tokens } = parseWhole(text, file, tokenFile, 'unquoted')
  const problems = tokens.flatMap((entry, i) => lineProblems(entry, ['tokens', i]))
  if (problems.length > 0) throw mistakes(file, problems, 'unquoted')
  const holders = tokens.map((entry) =>
    isMachine(entry) ? machineOf(machine.parse(entry)) : personOf(person.parse(entry)),
  )
  const among = problemsAmong(holders)
  if (among.length > 0) throw mistakes(file, among, 'unquoted')
  return holders
}

function isMachine(entry: unknown): entry is object {
  return typeof entry === 'object' && entry !== null && 'machine' in entry
}

/** What is wrong with one line of a file; `at` is where it stands. */
export function lineProblems(entry: unknown, at: ProblemPath = []): readonly Problem[] {
  if (isMachine(entry) && 'person' in entry)
    return [wrong(at, { en: 'person or machine', ja: 'person か machine のどちらか' })]
  return schemaProblems(isMachine(entry) ? machine : person, entry, at)
}

function personOf(line: z.infer<typeof person>): Person {
  return { kind: 'person', name: line.person, may: line.may ?? usual, ...heldOf(line) }
}

function machineOf(line: z.infer<typeof machine>): Machine {
  const { runbooks, worst } = line
  return {
    kind: 'machine',
    name: line.machine,
    ...heldOf(line),
    ...present({ runbooks, worst }),
  }
}

function heldOf({ sha256, expires }: { readonly sha256: string; readonly expires?: string | undefined }) {
  return {
    sha256: Buffer.from(sha256, 'hex'),
    expiresAtMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
  }
}

/** A token names one holder, and a holder has one name: who is written in two ways would have two votes. */
function problemsAmong(holders: readonly (Person | Machine)[]): readonly Problem[] {
  const first = new Map<string, Person | Machine>()
  const digests = new Set<string>()
  return holders.flatMap((holder, i) => {
    const at = ['tokens', i]
    const digest = holder.sha256.toString('hex')
    const before = first.get(personKey(holder.name)) ?? holder
    const isKnown = digests.has(digest)
    first.set(personKey(holder.name), before)
    digests.add(digest)
    return [
      ...(isKnown
        ? [
            wrong(at, {
              en: 'every sha256 once: a token names one person or machine',
              ja: '重複しない sha256（トークンは 1 人または 1 台だけを表します）',
            }),
          ]
        : []),
      ...(before.name === holder.name
        ? []
        : [
            wrong(at, {
              en: `one spelling of each name: "${before.name}" and "${holder.name}" are the same`,
              ja: `名前の表記の統一（「${before.name}」と「${holder.name}」は同じ人です）`,
            }),
          ]),
      ...(before.kind === holder.kind
        ? []
        : [
            wrong(at, {
              en: `"${holder.name}" to be a person or a machine, not both`,
              ja: `「${holder.name}」が人か機械のどちらか一方`,
            }),
          ]),
    ]
  })
}

function wrong(path: ProblemPath, expected: Text): Problem {
  return { path, at: 'value', expected, got: describe(undefined) }
}
