import { roughly } from '../../../domain/duration.ts'
import { phaseTitles } from '../../../domain/incident/titles.ts'
import type { Phase } from '../../../domain/words.ts'
import type { Listed } from '../../list.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'
import { severityStyle } from '../severity-style.ts'
import { type Column, table } from '../table.ts'

export async function list(session: Session, options: Options): Promise<undefined> {
  const { all, service, phase } = options
  const door = await session.door()
  const found = await door.list({
    all: all === true,
    ...(typeof service === 'string' ? { service } : {}),
    ...(typeof phase === 'string' ? { phase } : {}),
  })
  const { lang } = session
  const ja = lang === 'ja'
  const none = all
    ? { en: 'No incidents.', ja: 'インシデントはありません。' }
    : { en: 'No open incidents.', ja: '対応中のインシデントはありません。' }
  await session.print({
    data: found,
    text: (screen) => (found.length === 0 ? none[lang] : table<Listed>(screen, columns(found, ja), found)),
  })
}

function columns(found: readonly Listed[], ja: boolean): readonly Column<Listed>[] {
  const lang = ja ? 'ja' : 'en'
  return [
    { title: ja ? '番号' : 'INCIDENT', value: (l) => l.incident, style: () => 'bold', whole: true },
    {
      title: ja ? '緊急度' : 'SEVERITY',
      value: (l) => l.severity ?? '-',
      style: (l) => severityStyle(l.severity),
    },
    {
      title: ja ? '状態' : 'PHASE',
      value: (l) => `${phaseTitle(l.phase, lang)}${l.goesOn ? goesOn[lang] : ''}`,
    },
    ...(found.some((l) => l.stuck) ? [stuckColumn(lang)] : []),
    // How long ago, and no clock: those of several teams stand below each other.
    { title: ja ? '経過' : 'AGE', value: (l) => roughly(Date.now() - Date.parse(l.startedAt)) },
    { title: ja ? '指揮者' : 'COMMANDER', value: (l) => l.commander ?? '-', flexible: true },
    { title: ja ? '対象' : 'WHERE', value: whereOf, flexible: true },
    { title: ja ? '内容' : 'WHAT', value: (l) => l.description ?? '-', flexible: true },
  ]
}

const goesOn = { en: ', goes on', ja: '（継続中）' }

function whereOf({ service = '-', symptom }: Listed): string {
  return symptom === undefined ? service : `${service}/${symptom}`
}

/** Only where there is one: else it would take the room of what matters. */
function stuckColumn(lang: Session['lang']): Column<Listed> {
  const word = lang === 'ja' ? '停止中' : 'STUCK'
  return { title: word, value: (l) => (l.stuck ? word : ''), style: () => 'red' }
}

export function phaseTitle(phase: string | undefined, lang: Session['lang']): string {
  return phase !== undefined && Object.hasOwn(phaseTitles, phase)
    ? phaseTitles[phase as Phase][lang]
    : (phase ?? '-')
}
