import type { Diagnosis } from '../../../../domain/diagnosis/diagnosis.ts'
import { showDuration } from '../../../../domain/duration.ts'
import { verbatim } from '../../../../domain/words.ts'
import { noSymptom, otherSections, symptomSection, unseenSection } from '../../../words/diagnosis.ts'
import type { Section } from '../../../words/fact.ts'
import { blocksOf, bulletLines, factLines, sectionLines } from '../facts.ts'
import { next } from '../next-commands.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { cut, oneLine, type Screen } from '../terminal.ts'

/** Looks at a service and says which symptoms of the runbook speak for what is seen, the likeliest first. */
export async function diagnose(session: Session, service: string): Promise<undefined> {
  const incidents = await session.incidents()
  const [diagnosis, listed] = await Promise.all([
    patiently(session, incidents.diagnose({ service })),
    incidents.list({ service }),
  ])
  const open = listed.filter(({ phase }) => phase !== 'resolved').map(({ incident }) => incident)
  await session.print({
    data: { ...diagnosis, incidents: open },
    text: (screen) => diagnosisText(diagnosis, service, open, session.lang, screen),
  })
}

/** Where the sentences begin; longer names are cut. */
const at = 30

function diagnosisText(
  diagnosis: Diagnosis,
  /** As it was typed: with the system's name where several have the service. */
  asked: string,
  open: readonly string[],
  lang: Session['lang'],
  screen: Screen,
): string {
  const { paint } = screen
  const symptoms = symptomSection(diagnosis)
  const unseen = unseenSection(diagnosis)
  const named = unseen.facts.map((fact) => ({
    ...fact,
    label: verbatim(cut(oneLine(fact.label[lang]), at - 4)),
  }))
  const listed = ({ title, facts }: Section) =>
    sectionLines({ title }, bulletLines(facts, lang, screen, 5), lang, screen)
  const [likeliest] = diagnosis.symptoms
  const commands =
    open.length > 0
      ? open.map((incident) => `  hikeshi show ${incident}`)
      : likeliest === undefined
        ? []
        : [`  hikeshi declare --service ${asked} --symptom ${likeliest.id} …`]
  return blocksOf([
    [`${paint('bold', diagnosis.service)}  ${paint('dim', showDuration(diagnosis.tookMs))}`],
    symptoms.facts.length === 0
      ? [noSymptom[lang]]
      : [
          paint('bold', symptoms.title[lang]),
          ...symptoms.facts.flatMap(({ label, value, under = [] }, i) => [
            `  ${i + 1}. ${oneLine(label[lang])}  ${oneLine(value[lang])}`,
            ...bulletLines(under, lang, screen, 5),
          ]),
        ],
    ...otherSections(diagnosis).map(listed),
    sectionLines(unseen, factLines(named, lang, screen, { at }), lang, screen),
    sectionLines({ title: next }, commands, lang, screen),
  ])
}
