/** MTTA and MTTR of each group as bars, for a slide or a page. */
import { showDuration } from '../../domain/duration.ts'
import type { Group, Stats } from '../../domain/figures/stats.ts'
import { escapedHtml } from '../markup.ts'

const width = 860
const row = 46
const label = 220
const top = 34
const bars = [
  { of: 'mtta', name: 'MTTA', fill: '#2458b3' },
  { of: 'mttr', name: 'MTTR', fill: '#1a7f37' },
] as const

/** A picture by itself: medians, with their names and figures in it. */
export function statsSvg({ groups }: Stats): string {
  const longest = Math.max(1, ...groups.flatMap((group) => bars.map(({ of }) => group[of]?.medianMs ?? 0)))
  const height = top + Math.max(1, groups.length) * row + 10
  const legend = bars.map(
    ({ name, fill }, i) =>
      `<rect x="${label + i * 110}" y="8" width="12" height="12" fill="${fill}"/><text x="${label + 18 + i * 110}" y="18">${name}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui,sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...legend,
    ...groups.map((group, i) => groupSvg(group, top + i * row, longest)),
    '</svg>',
  ].join('\n')
}

function groupSvg(group: Group, y: number, longest: number): string {
  const points = [...group.name]
  const name = points.length > 30 ? `${points.slice(0, 29).join('')}…` : group.name
  return [
    `<text x="8" y="${y + 16}">${escapedHtml(name)}</text><text x="8" y="${y + 32}" fill="#5b626b">n=${group.incidents}</text>`,
    ...bars.map(({ of, fill }, i) => {
      const spread = group[of]
      const long = Math.round(((width - label - 110) * (spread?.medianMs ?? 0)) / longest)
      const at = y + 4 + i * 18
      return `<rect x="${label}" y="${at}" width="${long}" height="13" fill="${fill}"/><text x="${label + long + 6}" y="${at + 11}">${spread === undefined ? '-' : showDuration(spread.medianMs)}</text>`
    }),
  ].join('')
}
