/** Post-mortems of stored incidents and of made-up ones, on a clock that knows no zone but Tokyo. */
import assert from 'node:assert/strict'
import { inputOf } from '../../../client/replay/recorded.ts'
import type { IncidentEvent } from '../../../domain/incident/fold/events.ts'
import type { Opening } from '../../../domain/incident/open.ts'
import type { Postmortem, SectionId, Told } from '../../../domain/postmortem/document.ts'
import { postmortem } from '../../../domain/postmortem/postmortem.ts'
import { type StoredIncident, storedIncidents } from '../../replay/histories.ts'

const tokyo = (ms: number) => new Date(ms + 9 * 3_600_000).toISOString()

export const clock = {
  time: (ms: number) => `${tokyo(ms).slice(0, 16).replace('T', ' ')} JST`,
  clock: (ms: number) => tokyo(ms).slice(11, 19),
}

export type Source = { readonly opening: Opening; readonly events: readonly IncidentEvent[] }

export function madeOf({ opening, events }: Source): Postmortem {
  return postmortem(opening, events, clock) ?? assert.fail('it has no beginning')
}

export function sourceOf({ histories, events }: StoredIncident): Source {
  const [first] = histories as readonly { readonly events: Parameters<typeof inputOf>[0] }[]
  const { opening } = inputOf(first?.events ?? []) as { readonly opening: Opening }
  return { opening, events: events as readonly IncidentEvent[] }
}

export function stored(): readonly (Source & { readonly play: string })[] {
  return storedIncidents().map((kept) => ({ play: kept.play, ...sourceOf(kept) }))
}

/** Everything that is told, what stands under a sentence included. */
export function allTold({ sections, commander }: Postmortem): readonly Told[] {
  const deep = (told: Told): readonly Told[] => [told, ...(told.under ?? []).flatMap(deep)]
  return [...sections.flatMap(({ told }) => told), ...(commander === undefined ? [] : [commander])].flatMap(
    deep,
  )
}

export function toldIn(document: Postmortem, id: SectionId, lang: 'en' | 'ja' = 'en'): readonly string[] {
  const { told } = document.sections.find((section) => section.id === id) ?? assert.fail(`no ${id}`)
  return told.map(({ label, says }) => (label === undefined ? says[lang] : `${label[lang]}: ${says[lang]}`))
}
