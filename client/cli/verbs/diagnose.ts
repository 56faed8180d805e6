import type { Diagnosis } from '../../../domain/diagnosis/diagnosis.ts'
import { showDuration } from '../../../domain/duration.ts'
import { explain } from '../../../domain/failures.ts'
import { findingKey } from '../../../domain/incident/picture.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import { patiently } from '../patience.ts'
import { findingLines } from '../reading-text.ts'
import type { Session } from '../session.ts'
import { cut, hanging, oneLine, type Screen } from '../terminal.ts'

/** Looks at a service and says which symptoms of the runbook speak for what is seen, the likeliest first. */
export async function diagnose(session: Session, service: string): Promise<undefined> {
  const door = await session.door()
  const [diagnosis, open] = await Promise.all([
    patiently(session, door.diagnose({ service })),
    door.list({ service }),
  ])
  const incidents = open.filter(({ phase }) => phase !== 'resolved').map(({ incident }) => incident)
  await session.print({
    data: { ...diagnosis, incidents },
    text: (screen) => diagnosisText(diagnosis, service, incidents, session.lang, screen),
  })
}

/** Where the sentences begin; longer names are cut. */
const label = 30

function diagnosisText(
  diagnosis: Diagnosis,
  /** As it was typed: with the system's name where several have the service. */
  asked: string,
  incidents: readonly string[],
  lang: Session['lang'],
  screen: Screen,
): string {
  const ja = lang === 'ja'
  const { paint, width } = screen
  const { service, tookMs, symptoms, findings, elsewhere, parts } = diagnosis
  const listed = (all: readonly Finding[]) => all.flatMap((finding) => findingLines(finding, lang, screen, 5))
  const spoken = new Set(symptoms.flatMap((symptom) => symptom.findings.map(findingKey)))
  const others = findings.filter((finding) => !spoken.has(findingKey(finding)))
  const blind = Object.entries(parts).flatMap(([id, part]) =>
    part.ok
      ? []
      : hanging(`  ${cut(oneLine(id), label - 4)}`, oneLine(explain(part.failure, lang).what), label, width),
  )
  const [likeliest] = symptoms
  const commands =
    incidents.length > 0
      ? incidents.map((incident) => `  hikeshi show ${incident}`)
      : likeliest === undefined
        ? []
        : [`  hikeshi declare --service ${asked} --symptom ${likeliest.id} …`]
  const blocks = [
    [`${paint('bold', service)}  ${paint('dim', showDuration(tookMs))}`],
    symptoms.length > 0
      ? [
          paint('bold', ja ? '考えられる症状' : 'It looks like'),
          ...symptoms.flatMap((symptom, i) => [
            `  ${i + 1}. ${symptom.id}  ${oneLine(symptom.title[lang])}`,
            ...listed(symptom.findings),
          ]),
        ]
      : [ja ? '症状に当たる検出はありません。' : 'Nothing was found that speaks for a symptom.'],
    others.length === 0 ? [] : [paint('bold', ja ? 'その他の検出' : 'Also found'), ...listed(others)],
    elsewhere.length === 0
      ? []
      : [paint('bold', ja ? '他のサービスの検出' : 'Found of other services'), ...listed(elsewhere)],
    blind.length === 0 ? [] : [paint('bold', ja ? '確認できなかったもの' : 'Could not be seen'), ...blind],
    commands.length === 0 ? [] : [paint('bold', ja ? '次の操作' : 'Next'), ...commands],
  ]
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}
