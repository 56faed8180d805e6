/**
 * What is told of an incident, a step, a runbook, as data: a label, a value and how it is meant, in both languages. A terminal, a page,
 * a message and a mail lay the same facts out, each in its own way: nothing here knows a width, a colour or a tag.
 */
import { explain, type Failure } from '../../domain/failures.ts'
import { present } from '../../domain/present.ts'
import { inBoth, joined, said, type Text, type Words } from '../../domain/words.ts'

export { inBoth, joined }

/** How a fact is meant. */
export type Tone = 'strong' | 'quiet' | 'good' | 'notable' | 'active' | 'warning' | 'bad'

export type Fact = {
  readonly label: Text
  readonly value: Text
  readonly tone?: Tone
  /** What belongs to it: the findings of a symptom, the steps of a severity. */
  readonly under?: readonly Fact[]
}

/** Facts under one heading. */
export type Section = {
  readonly title: Text
  /** A word beside the heading, such as when it was seen. */
  readonly beside?: Omit<Fact, 'label'>
  readonly facts: readonly Fact[]
}

/** What is told of each of many things that are alike. */
export type Column<Row> = {
  readonly label: Text
  readonly value: (row: Row) => Text
  readonly tone?: (row: Row) => Tone | undefined
  /** A name that people type: never shortened. */
  readonly whole?: true
  /** The first to be shortened. */
  readonly flexible?: true
}

type Row = readonly [label: Text, value: Words | undefined, tone?: Tone | undefined]

/** The facts of which there is something to tell. */
export function factsOf(rows: readonly Row[]): readonly Fact[] {
  return rows.flatMap(([label, value, tone]) =>
    value === undefined ? [] : [{ label, value: said(value), ...present({ tone }) }],
  )
}

/** The two sentences of a failure. */
export function explained(failure: Failure): { readonly what: Text; readonly next: Text } {
  return {
    what: inBoth((lang) => explain(failure, lang).what),
    next: inBoth((lang) => explain(failure, lang).next),
  }
}
