/** A picture of an incident as SVG: lanes of people and system over time, and below them the figures that were seen. */
import type { Lane, Mark, Picture, Series } from '../../domain/postmortem/picture.ts'
import type { Lang } from '../../domain/words.ts'
import { escapedHtml } from '../markup.ts'

const row = { lane: 26, series: 74, axis: 22, top: 6 }
const radius = 5

/** `width` in CSS pixels; narrow screens get a drawing of their own, so that its words stay readable. */
export function pictureSvg(picture: Picture, lang: Lang, width: number): string {
  const { lanes, series, fromMs, toMs, clock } = picture
  const isNarrow = width < 500
  const label = isNarrow ? 0 : 170
  const right = 12
  const left = label + right
  const x = (ms: number) => left + ((width - left - right) * (ms - fromMs)) / (toMs - fromMs)
  const laneHeight = row.lane + (isNarrow ? 14 : 0)
  const place = { x, label, width, lang, isNarrow }
  const laneRows = lanes.map((lane, i) => laneSvg(lane, row.top + i * laneHeight, place))
  const below = row.top + lanes.length * laneHeight
  const seriesRows = series.map((each, i) => seriesSvg(each, below + i * row.series, place))
  const end = below + series.length * row.series
  const height = end + row.axis
  const ticks = isNarrow ? 2 : 5
  const axis = Array.from({ length: ticks }, (_, i) => {
    const ms = fromMs + ((toMs - fromMs) * i) / (ticks - 1)
    const anchor = i === 0 ? 'start' : i === ticks - 1 ? 'end' : 'middle'
    return `<line class="grid" x1="${n(x(ms))}" x2="${n(x(ms))}" y1="0" y2="${end}"/><text x="${n(x(ms))}" y="${end + 16}" text-anchor="${anchor}">${escapedHtml(clock.clock(ms))}</text>`
  })
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${lang === 'ja' ? '経過の図' : 'the course of the incident'}">${axis.join('')}${laneRows.join('')}${seriesRows.join('')}</svg>`
}

type Place = {
  readonly x: (ms: number) => number
  readonly label: number
  readonly width: number
  readonly lang: Lang
  readonly isNarrow: boolean
}

function laneSvg({ title, marks }: Lane, top: number, place: Place): string {
  const { label, width, lang, isNarrow } = place
  const y = top + row.lane / 2 + (isNarrow ? 14 : 0)
  const at = isNarrow ? { x: 12, y: top + 10 } : { x: 0, y: y + 4 }
  return [
    `<text class="lane" x="${at.x}" y="${at.y}">${escapedHtml(cut(title[lang], isNarrow ? 46 : 24))}</text>`,
    `<line class="track" x1="${label + 12}" x2="${width - 12}" y1="${n(y)}" y2="${n(y)}"/>`,
    ...marks.map((mark) => markSvg(mark, y, place)),
  ].join('')
}

/** A mark leads to its event; what it is stands in the title that a pointer shows. */
function markSvg({ atMs, endMs, seq, tone, says }: Mark, y: number, { x, lang }: Place): string {
  const [from, to] = [x(atMs), endMs === undefined ? undefined : x(endMs)]
  const shape =
    to === undefined
      ? `<circle class="${tone}" cx="${n(from)}" cy="${n(y)}" r="${radius}"/>`
      : `<rect class="${tone}" x="${n(from)}" y="${n(y - radius)}" width="${n(Math.max(3, to - from))}" height="${radius * 2}" rx="2"/>`
  return `<a href="#e${seq}"><title>${escapedHtml(`#${seq} ${says[lang]}`)}</title>${shape}</a>`
}

/** The same as a file for itself, which brings its look along. */
export function pictureFile(picture: Picture, lang: Lang, width: number): string {
  return pictureSvg(picture, lang, width)
    .replace(
      /^<svg /,
      `<svg xmlns="http://www.w3.org/2000/svg" style="background:#fff" font-family="system-ui,sans-serif" font-size="12" `,
    )
    .replace('>', `><style>${fileStyle}</style>`)
}

const fileStyle =
  'text{fill:#1f2328}.value{font-size:11px;fill:#5b626b}.grid{stroke:#d0d7de;stroke-dasharray:2 4}.track{stroke:#d0d7de}polyline{fill:none;stroke:#2458b3;stroke-width:1.5}.seen{fill:#2458b3}'

function seriesSvg({ title, points, whole, everyMs }: Series, top: number, place: Place): string {
  const { x, lang, label } = place
  const values = points.map(({ value }) => value)
  const max = Math.max(whole ?? 0, ...values)
  const [low, high] = [top + row.series - 12, top + 26]
  const y = (value: number) => (max === 0 ? low : low - ((low - high) * value) / max)
  const lineOf = (joined: Series['points']) =>
    `<polyline points="${joined.map(({ atMs, value }) => `${n(x(atMs))},${n(y(value))}`).join(' ')}"/>`
  const ofWhole = whole === undefined ? '' : ` / ${whole}`
  return [
    `<text class="lane" x="${place.isNarrow ? 12 : 0}" y="${top + 14}">${escapedHtml(cut(title[lang], 60))}</text>`,
    `<line class="track" x1="${label + 12}" x2="${place.width - 12}" y1="${low}" y2="${low}"/>`,
    ...piecesOf(points, everyMs).map((joined) => (joined.length > 1 ? lineOf(joined) : '')),
    ...points.map(({ atMs, value, seq }) => {
      if (seq === undefined) return ''
      const says = `${shown(value)}${ofWhole}`
      return `<a href="#e${seq}"><title>${escapedHtml(`#${seq} ${says}`)}</title><circle class="seen" cx="${n(x(atMs))}" cy="${n(y(value))}" r="4"/></a>`
    }),
    ...[points[0], points.at(-1)].flatMap((point, i, [first]) =>
      point === undefined || (i === 1 && point === first)
        ? []
        : [
            `<text class="value" x="${n(x(point.atMs) + (i === 0 ? 7 : -7))}" y="${n(y(point.value) - 6)}" text-anchor="${i === 0 ? 'start' : 'end'}">${escapedHtml(`${shown(point.value)}${ofWhole}`)}</text>`,
          ],
    ),
  ].join('')
}

/** Points that follow each other without a gap. */
function piecesOf(points: Series['points'], everyMs = Number.POSITIVE_INFINITY): readonly Series['points'][] {
  const pieces: Series['points'][number][][] = []
  for (const point of points) {
    const last = pieces.at(-1)
    const before = last?.at(-1)
    if (last === undefined || before === undefined || point.atMs - before.atMs > 1.5 * everyMs)
      pieces.push([point])
    else last.push(point)
  }
  return pieces
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)))
}

function cut(text: string, most: number): string {
  const points = [...text]
  return points.length <= most ? text : `${points.slice(0, most - 1).join('')}…`
}

/** A coordinate with one digit behind the point. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10)
}
