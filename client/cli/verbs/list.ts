import { phaseTitles } from '../../../domain/incident/titles.ts'
import type { Phase } from '../../../domain/words.ts'
import type { Listed } from '../../list.ts'
import { localTime, ownZone } from '../local-time.ts'
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
  const none = ja ? '対応中のインシデントはありません。' : 'No open incidents.'
  await session.print({
    data: found,
    text: (screen) =>
      found.length === 0
        ? none
        : table<Listed>(
            screen,
            [
              { title: ja ? '番号' : 'INCIDENT', value: (l) => l.incident, style: () => 'bold' },
              {
                title: ja ? '緊急度' : 'SEVERITY',
                value: (l) => l.severity ?? '-',
                style: (l) => severityStyle(l.severity),
              },
              { title: ja ? '状態' : 'PHASE', value: (l) => phaseTitle(l.phase, lang) },
              ...(found.some((l) => l.stuck) ? [stuckColumn(lang)] : []),
              { title: ja ? 'サービス' : 'SERVICE', value: (l) => l.service ?? '-', flexible: true },
              { title: ja ? '症状' : 'SYMPTOM', value: (l) => l.symptom ?? '-', flexible: true },
              {
                title: ja ? '開始' : 'STARTED',
                value: (l) => localTime(Date.parse(l.startedAt), ownZone()),
              },
            ],
            found,
          ),
  })
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
