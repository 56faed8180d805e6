/**
 * A post-mortem as data, before it is laid out. What it says of the incident it says in sentences that name the events they come from;
 * everything else is a question to people. Nothing here is a guess.
 */
import type { Text } from '../words.ts'
import type { Picture } from './picture.ts'

/** Numbers of events; there is always one. */
export type Seqs = readonly [number, ...number[]]

export type Told = {
  readonly says: Text
  readonly seqs: Seqs
  /** A figure's name. */
  readonly label?: Text
  /** What belongs to it: what was known at a decision. */
  readonly under?: readonly Told[]
  /** A command line that shows more. */
  readonly command?: string
  /** It is the event itself: links to this number lead here. */
  readonly anchor?: number
}

export const sectionIds = [
  'summary',
  'impact',
  'detection',
  'course',
  'resolution',
  'open',
  'contributors',
  'mitigators',
  'luck',
  'surprises',
  'decisions',
  'figures',
  'follow-ups',
  'timeline',
  'evidence',
] as const
export type SectionId = (typeof sectionIds)[number]

export type Section = {
  readonly id: SectionId
  readonly title: Text
  readonly told: readonly Told[]
  /** What only people can say. */
  readonly asks: readonly Text[]
}

export type Postmortem = {
  readonly incident: string
  readonly sections: readonly Section[]
  readonly picture: Picture
  /** Who might own the document: whoever commanded. */
  readonly commander?: Told
}

/** What stands on the first screen. */
export const firstScreen: readonly SectionId[] = [
  'summary',
  'impact',
  'detection',
  'course',
  'resolution',
  'open',
]

/** Numbers without repeats, in order; at least `first`. */
export function seqsOf(first: number, ...others: readonly (number | undefined)[]): Seqs {
  const [least = first, ...more] = [
    ...new Set([first, ...others.filter((seq) => seq !== undefined)]),
  ].toSorted((a, b) => a - b)
  return [least, ...more]
}
