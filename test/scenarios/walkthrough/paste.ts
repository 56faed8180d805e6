/** A block of the seed as somebody pastes it who has a lab, and not the production of the seed. */
import { seedSections } from './seed.ts'
import type { Step } from './step.ts'

export type Paste = Omit<Step, 'run' | 'pasted'> & {
  readonly block?: number
  /** What is typed in the place of a placeholder, of what is wrong as it is written, or of what never ends by itself. */
  readonly typed?: readonly (readonly [theirs: string, typed: string])[]
}

/** The lab's addresses; and until it shows something what a person looks at until they have seen enough. */
const everywhere: readonly (readonly [RegExp, string])[] = [
  [/https:\/\/api\.shodo\.example\.com/g, '$SHODO_API_URL'],
  [/(?:http:\/\/)?localhost:9090/g, '$PROMETHEUS_URL'],
  [/^watch -n \d+ '(.*)'$/gm, 'until $1; do sleep 1; done'],
]

const sections = new Map(seedSections().map(({ heading, blocks }) => [heading, blocks]))

/** Throws where the seed has no such block, or not in it what is to be replaced. */
export function pasted(heading: string, { block = 0, typed = [], ...rest }: Paste = {}): Step {
  const theirs = sections.get(heading)?.[block]
  if (theirs === undefined) throw new Error(`${heading} has no block ${block}`)
  const filled = typed.reduce((text, [open, instead]) => {
    if (!text.includes(open)) throw new Error(`${heading} does not have ${open}`)
    return text.replaceAll(open, () => instead)
  }, theirs.text)
  const run = everywhere.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), filled)
  return { ...rest, run, pasted: theirs }
}
