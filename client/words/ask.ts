/** What people are to do themselves, and what they said of it. */
import type { StepRun } from '../../domain/incident/fold/state.ts'
import { shellQuoted } from '../../domain/shell.ts'
import { askOf } from '../../domain/steps/person.ts'
import { nameOf, type Text } from '../../domain/words.ts'
import { type Fact, factsOf, joined } from './fact.ts'

export function askFacts(step: StepRun): readonly Fact[] {
  const ask = askOf(step)
  const { told, retriedBy } = step
  const options = ask?.options?.map(({ id, title }) => joined([id, title], ': '))
  return factsOf([
    [{ en: 'To do', ja: '作業内容' }, ask?.text],
    [{ en: 'Where', ja: '場所' }, ask?.url],
    [{ en: 'Options', ja: '選択肢' }, options && joined(options, '; ')],
    [{ en: 'Told by', ja: '報告者' }, told && nameOf(told.by)],
    [{ en: 'Decided', ja: '判断' }, told?.option],
    [{ en: 'Reason', ja: '理由' }, told?.reason],
    [{ en: 'Saw', ja: '結果' }, told?.saw],
    [{ en: 'Retried by', ja: '再実行' }, retriedBy],
  ])
}

/** What is to be copied into a shell, one command a line. */
export function commandsToCopy(step: StepRun): readonly string[] {
  return (askOf(step)?.commands ?? []).map((command) =>
    typeof command === 'string' ? command : command.map(quoted).join(' '),
  )
}

/** A shell takes it for one word, and for nothing else. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : shellQuoted(word)
}

/** In one line: what was chosen, why or what was seen, by whom. */
export function toldSays({ told }: StepRun): Text | undefined {
  if (told === undefined) return undefined
  const words = [told.option, told.reason ?? told.saw].filter((word) => word !== undefined)
  return joined([...words, nameOf(told.by)])
}
