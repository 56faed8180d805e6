/** What a list tells of each incident. */
import { roughly } from '../../domain/duration.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import type { Listed } from '../incidents/list.ts'
import { type Column, joined } from './fact.ts'
import { phaseTitle, severityTone, whereOf } from './incident.ts'

export const incidentColumn: Column<Listed> = {
  label: { en: 'Incident', ja: '番号' },
  value: ({ incident }) => verbatim(incident),
  tone: () => 'strong',
  whole: true,
}

export const severityColumn: Column<Listed> = {
  label: { en: 'Severity', ja: '緊急度' },
  value: ({ severity = '-' }) => verbatim(severity),
  tone: ({ severity }) => severityTone(severity),
}

export const whereColumn: Column<Listed> = {
  label: { en: 'Where', ja: '対象' },
  value: (listed) => verbatim(whereOf(listed)),
  flexible: true,
}

/** How long ago, and no clock: those of several teams stand below each other. */
export function ageColumn(now: number): Column<Listed> {
  return {
    label: { en: 'Age', ja: '経過' },
    value: ({ startedAt }) => verbatim(roughly(now - Date.parse(startedAt))),
  }
}

export function listedColumns(found: readonly Listed[], now: number): readonly Column<Listed>[] {
  return [
    incidentColumn,
    severityColumn,
    {
      label: { en: 'Phase', ja: '状態' },
      value: ({ phase, goesOn }) => joined([phaseTitle(phase), ...(goesOn ? [stillRuns] : [])], ''),
    },
    ...(found.some(({ stuck }) => stuck) ? [stuckColumn] : []),
    ageColumn(now),
    {
      label: { en: 'Commander', ja: '指揮者' },
      value: ({ commander = '-' }) => verbatim(commander),
      flexible: true,
    },
    whereColumn,
    {
      label: { en: 'What', ja: '内容' },
      value: ({ description = '-' }) => verbatim(description),
      flexible: true,
    },
  ]
}

const stillRuns: Text = { en: ', ongoing', ja: '（継続中）' }

/** Only where there is one: else it would take the room of what matters. */
const stuckColumn: Column<Listed> = {
  label: { en: 'Stuck', ja: '停止中' },
  value: ({ stuck }) => (stuck ? { en: 'STUCK', ja: '停止中' } : verbatim('')),
  tone: () => 'bad',
}

/** Of a list that holds nothing. */
export function nothingListed(all: boolean): Text {
  return all
    ? { en: 'No incidents.', ja: 'インシデントはありません。' }
    : { en: 'No open incidents.', ja: '対応中のインシデントはありません。' }
}
