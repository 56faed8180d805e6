import type { Similar } from '../../../../domain/figures/similar.ts'
import { hasEnded } from '../../../../domain/incident/fold/state.ts'
import type { Text } from '../../../../domain/words.ts'
import type { Shown } from '../../../incidents/shown.ts'
import { checklistSection } from '../../../words/checklist.ts'
import {
  foundSection,
  headline,
  incidentFacts,
  likelySection,
  offeredSections,
  whyLess,
} from '../../../words/incident.ts'
import { momentsAt } from '../../../words/moments.ts'
import { stepProgressSays } from '../../../words/progress.ts'
import { provedSays } from '../../../words/rehearsal.ts'
import { retryingSays } from '../../../words/step.ts'
import { blocksOf, bulletLines, factLines, sectionLines, toned } from '../facts.ts'
import { nextCommands } from '../next-commands.ts'
import type { Session } from '../session.ts'
import { similarLines } from '../similar-text.ts'
import { picture } from '../situation-text.ts'
import { stepsTable } from '../steps-table.ts'
import { clean, hanging, oneLine, type Screen, type Style, wrap } from '../terminal.ts'
import { zoneIn } from '../zone.ts'

type Lang = Session['lang']

export async function show(session: Session, incident: string): Promise<undefined> {
  const shown = await (await session.incidents()).show(incident)
  if (shown.source === 'visibility') session.say(whyLess(shown))
  const zone = zoneIn(session, shown)
  const similar = await similarNow(session, shown)
  await session.print({
    data: similar.length === 0 ? shown : { ...shown, similar },
    text: (screen) => shownText(shown, session.lang, screen, { zone, similar }),
  })
}

/** What healed earlier ones helps while this one is open. It must not keep anybody from reading it. */
async function similarNow(session: Session, shown: Shown): Promise<readonly Similar[]> {
  if (shown.source !== 'worker' || hasEnded(shown.state)) return []
  const { id, service, symptom } = shown.state
  const incidents = await session.incidents()
  return incidents.similar(id, { service, symptom }).catch(() => [])
}

export type ShownAs = {
  readonly zone: string
  /** As it was once, so that nothing of it can be acted upon. */
  readonly past?: boolean
  readonly similar?: readonly Similar[]
}

export function shownText(
  shown: Shown,
  lang: Lang,
  screen: Screen,
  { zone, past = false, similar = [] }: ShownAs,
): string {
  const at = momentsAt(zone, Date.now())
  const title = headline(shown, at).map(({ value, tone }) => toned(clean(value[lang]), tone, screen))
  const head = [title.join('  '), ...descriptionLines(shown, screen)]
  if (shown.source === 'visibility') return head.join('\n')
  const { state, retrying = [], progress = [], proofs = {} } = shown
  const told = (text: Text, style: Style) =>
    hanging('  ', oneLine(text[lang]), 4, screen.width).map((line) => screen.paint(style, line))
  const checklist = checklistSection(state, at)
  const [found, likely] = [foundSection(state), likelySection(state)]
  const offered = past ? [] : offeredSections(state)
  return blocksOf([
    [...head, ...factLines(incidentFacts(shown, at), lang, screen, { at: 14 })],
    sectionLines(found, bulletLines(found.facts, lang, screen), lang, screen),
    past ? [] : sectionLines(likely, factLines(likely.facts, lang, screen, { at: 24 }), lang, screen),
    similarLines(similar, lang, screen),
    stepsTable(state, lang, screen),
    past ? [] : sectionLines(checklist, factLines(checklist.facts, lang, screen, { at: 24 }), lang, screen),
    progress.flatMap((one) => told(stepProgressSays(one, at.now), 'cyan')),
    past ? [] : Object.entries(proofs).flatMap(([run, proof]) => told(provedSays(run, proof, at.now), 'dim')),
    // What a step that seems to hang was refused with last.
    retrying.flatMap((one) => told(retryingSays(one), 'yellow')),
    picture(state, lang, screen, at),
    ...offered.map((section) =>
      sectionLines(section, factLines(section.facts, lang, screen, { at: 24 }), lang, screen),
    ),
    past ? [] : nextCommands(state, lang, screen),
  ])
}

/** Its first words. */
function descriptionLines(shown: Shown, { width }: Screen): readonly string[] {
  const description = shown.source === 'worker' ? shown.state.description : shown.description
  return description === undefined ? [] : wrap(clean(description.slice(0, 1_000)), width)
}
