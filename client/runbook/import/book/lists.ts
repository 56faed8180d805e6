/** Checklists of a document, and pages that it opens. */
import { present } from '../../../../domain/present.ts'
import { type Text, verbatim } from '../../../../domain/words.ts'
import type { Block } from '../markdown/blocks.ts'
import type { Line } from '../report.ts'
import { slug, titleOf, unique } from './names.ts'
import { lineOf } from './steps.ts'
import type { ReadSection, Unit } from './units.ts'

type Entry = { readonly id: string; readonly title: Text; readonly url?: string }

/** Items with a box or a number under a heading that says which list it is. */
export function checklists(
  sections: readonly ReadSection[],
  lines: Line[],
): { readonly firstResponse: readonly Entry[]; readonly afterwards: readonly Entry[] } {
  const lists = { firstResponse: [] as Entry[], afterwards: [] as Entry[] }
  const taken = new Set<string>()
  for (const { section, units } of sections) {
    const role = section.role
    if (role.kind !== 'checklist') continue
    for (const unit of units) {
      if (unit.kind !== 'item' || !(unit.block.box || unit.block.ordered)) continue
      const title = titleOf(unit.block.text)
      const id = unique(slug(title) ?? 'item', taken)
      const url = unit.url ?? linkUnder(units, unit.block)
      lists[role.of].push({ id, title: verbatim(title), ...present({ url }) })
      lines.push({ ...lineOf(unit.block), became: 'checklist', at: [`${role.of}.${id}`], why: itemWhy })
    }
  }
  return lists
}

const itemWhy: Text = { en: 'an item of a checklist', ja: 'チェックリストの項目' }

/** `open https://…` below an item is where it is done. */
function linkUnder(units: readonly Unit[], item: Block): string | undefined {
  for (const unit of units) {
    if (unit.kind !== 'command' || unit.item !== item) continue
    if ('nothing' in unit.reading && unit.reading.link !== undefined) return unit.reading.link
  }
  return undefined
}

export function linksIn(
  sections: readonly ReadSection[],
): readonly { readonly title: Text; readonly url: string }[] {
  const found = new Map<string, Text>()
  for (const { section, units } of sections)
    for (const unit of units) {
      if (unit.kind !== 'command' || !('nothing' in unit.reading)) continue
      const { link } = unit.reading
      if (link !== undefined && !found.has(link))
        found.set(link, verbatim(unit.title ?? titleOf(section.heading) ?? link))
    }
  return [...found].map(([url, title]) => ({ title, url }))
}
