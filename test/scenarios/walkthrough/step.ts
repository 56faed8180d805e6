/** What docs/runbook-walkthrough.md is made of, and the words in which its steps are written. */
import type { IncidentState, StepRun } from '../../../domain/incident/fold/state.ts'
import { ended } from '../../../domain/words.ts'
import { findIn, pathFolders } from '../../../lab/binaries/find.ts'
import type { SeedBlock } from './seed.ts'

/** Something typed into a shell. */
export type Step = {
  readonly run: string
  /** A person would look until this is so: awaited before it is typed. */
  readonly once?: Wanted
  /** Tried until it ends with 0, as a person would before they paste. */
  readonly onceDoes?: string
  readonly exit?: number
  /** Lines of its output that are the same each time, but for figures and spaces. */
  readonly holds?: readonly RegExp[]
  /** What it prints each time, in lines that differ. */
  readonly shows?: readonly RegExp[]
  /** It keeps running; it works once it says this. */
  readonly stays?: RegExp
  /** It waits for what is typed in another terminal in the meantime. */
  readonly meanwhile?: readonly Step[]
  /** Programs that not every machine has: without them its output is not compared. */
  readonly needs?: readonly string[]
  /** The block of the seed that this is, pasted: each of its commands that did not end with 0 says so. */
  readonly pasted?: SeedBlock
}

export type Wanted = {
  readonly incident: string
  readonly what: string
  readonly is: (state: IncidentState) => boolean
}

/** The programs of a step that this machine does not have. */
export function missing({ needs = [] }: Step): readonly string[] {
  return needs.filter((program) => findIn(pathFolders(), program) === undefined)
}

/** What takes the place of a fenced block of the seed, or stands where the seed has a table or a list. */
export type Entry = {
  /** Which block under the heading, from 0; none for what is not fenced there. */
  readonly block?: number
  readonly says: string
  /** The block is wrong as it is written, and how. */
  readonly defect?: string
  /** Why a person does it, and no command. */
  readonly byPeople?: string
  readonly steps?: readonly Step[]
}

export type Section = {
  /** As in the seed. */
  readonly heading: string
  readonly entries: readonly Entry[]
}

export function until(incident: string, what: string, is: (state: IncidentState) => boolean): Wanted {
  return { incident, what, is }
}

export function proposed(incident: string, run: string): Wanted {
  return until(incident, `${run} proposed`, ({ steps }) => steps[run]?.status === 'proposed')
}

/** The picture is taken, and so is every reading that began with the symptom. */
export function read(incident: string, ...steps: readonly string[]): Wanted {
  return until(incident, 'readings taken', (state) => {
    const runs = Object.values(state.steps)
    const isRead = (step: string) => runs.some((run) => run.step === step && run.status === 'done')
    return state.situation.taken !== undefined && steps.every(isRead) && !runs.some(isReading)
  })
}

function isReading({ risk, status, kind }: StepRun): boolean {
  return risk === 'read' && kind !== 'http.timings' && !ended.includes(status)
}

export function over(incident: string, run: string): Wanted {
  return until(incident, `${run} over`, ({ steps }) => ended.includes(steps[run]?.status ?? 'reading'))
}

/** The change took effect, and its target is as it was to become. */
export const verified = /^step \S+ verified: /

/** Another person approves: the hash is that of what `show` has just shown them. */
export function approve(incident: string, run: string, person = 'sato', wait = true): Step {
  return {
    once: proposed(incident, run),
    run: [
      `hash=$(hikeshi show ${incident} ${run} | sed -n 's/^Hash *//p')`,
      `hikeshi approve ${incident} ${run} --as ${person} --hash "$hash"${wait ? ' --wait' : ''}`,
    ].join('\n'),
    holds: [/^Step /, /^Target /, /^Where /, ...(wait ? [verified] : [])],
  }
}

/** Asked for by one person, approved by another. */
export function change(incident: string, step: string, run = step): readonly Step[] {
  return [{ run: `hikeshi run ${incident} ${step}` }, approve(incident, run)]
}

/** The lab as it was before anything was broken or repaired in it. */
export function heal(): Step {
  return { run: 'hikeshi lab heal', holds: [/is as it was after up/] }
}
