/** What differs from run to run in the output of a command: made alike for the page, and told apart from what has to be the same. */

/** Texts of this run and what stands on the page instead, such as the folder of the lab. */
export type Places = readonly (readonly [here: string, onThePage: string])[]

const varying: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '2026-11-24T05:30:00Z'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?/g, '2026-11-24 14:30:00'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d(?!:)/g, '2026-11-24 14:30'],
  // With a fraction it is how long something took.
  [/(?<![\d-])\d\d:\d\d:\d\d(?![.\d])/g, '14:30:00'],
  [/\b20\d\d-\d\d-\d\d(?= (?:JST|UTC)$)/gm, '2026-11-24'],
  [/(?<=: )\d\d:\d\d$/gm, '14:30'],
  [/\b\d{8}-\d{6}F(?:_\d{8}-\d{6}[DI])?\b/g, '20261124-053000F'],
  [/\b\d{8}-\d{6}\b/g, '20261124-143000'],
  [/\b\d{8}T\d{6}Z?\b/g, '20261124T053000Z'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, '0f3a6c1e-0000-4000-8000-000000000000'],
  [/\b[0-9a-f]{64}\b/g, '0f3a6c1e'.repeat(8)],
  [/\b[0-9a-f]{40}\b/g, '0f3a6c1e'.repeat(5)],
  [/\b[0-9a-f]{32}\b/g, '0f3a6c1e'.repeat(4)],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16}\b/g, '0f3a6c1e0f3a6c1e'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12}\b/g, '0f3a6c1e0f3a'],
  // Eight figures without a letter are a hash only where one stands: most are so many bytes.
  [/(?<=#\d+ |\[)[0-9a-f]{8}\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8}\b/g, '0f3a6c1e'],
  [/\b(shodo-(?:backend|frontend|ai-server))-[0-9a-z]{6,10}(-[0-9a-z]{5})?\b/g, '$1-7c9d8b6f5d$2'],
  [/(-7c9d8b6f5d)-[0-9a-z]{5}\b/g, '$1-x2k4q'],
  [/\b[0-9A-F]+\/[0-9A-F]{6,8}\b/g, '0/4002260'],
  [/\b127\.0\.0\.1:\d+/g, '127.0.0.1:8080'],
  [/\S*\/hikeshi-lab-\w{6}\b/g, '/tmp/hikeshi-lab'],
]

/** As it stands on the page: long lines are cut, and of many that differ by their figures alone the first ones are shown. */
export function alike(output: string, places: Places): string {
  const placed = places.reduce((text, [here, onThePage]) => text.replaceAll(here, onThePage), output)
  const same = varying.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), placed)
  return fewer(same.split('\n').map((line) => cut(line.trimEnd())))
    .join('\n')
    .trim()
}

const mostCharacters = 240

function cut(line: string): string {
  const narrow = line.length <= mostCharacters ? line : line.replaceAll(/ {3,}/g, '  ')
  return narrow.length <= mostCharacters ? narrow : `${narrow.slice(0, mostCharacters)}…`
}

/** So many lines in a row are shown as they are. */
const mostAlike = 5

function fewer(lines: readonly string[]): readonly string[] {
  const rows: { readonly shape: string; readonly lines: string[] }[] = []
  for (const line of lines) {
    const shape = withoutFigures(line)
    const last = rows.at(-1)
    if (last?.shape === shape) last.lines.push(line)
    else rows.push({ shape, lines: [line] })
  }
  return rows.flatMap(({ lines: all }) =>
    all.length <= mostAlike ? all : [...all.slice(0, 2), `… ${all.length - 2} more such lines`],
  )
}

/** Lines that have to be the same each time, without their figures, spaces and columns' width; each once. */
export function stableLines(output: string, holds: readonly RegExp[]): readonly string[] {
  const lines = output.split('\n').filter((line) => holds.some((pattern) => pattern.test(line)))
  return [...new Set(lines.map(withoutFigures))].sort()
}

/** An exit code is what was decided, and no figure. A hash may have no letter, and what took seconds takes milliseconds elsewhere. */
function withoutFigures(line: string): string {
  return line
    .replaceAll('0f3a6c1e', '0')
    .replaceAll(/\b(?:\d+(?:\.\d+)?(?:ms|s|m|h))+\b/g, '0s')
    .replaceAll(/(?<!\(exit code \d*)\d+(?:\.\d+)*/g, '0')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
