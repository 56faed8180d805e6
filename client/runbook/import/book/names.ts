/** Names and titles made of a document's headings. */

const longestName = 40
const longestTitle = 200
const untitled = '—'

/** `5xx` of `5xxエラー多発`; undefined where too little of it is in letters that people type at 3 a.m. */
export function slug(title: string): string | undefined {
  const name = cutName(
    title
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-'),
  )
  return name.length >= 2 ? name : undefined
}

export function cutName(name: string): string {
  return name.replace(/^-+/, '').slice(0, longestName).replace(/-+$/, '')
}

/** The first of `name`, `name-2`, `name-3` that is free; it is taken then. */
export function unique(name: string, taken: Set<string>): string {
  for (let i = 1; ; i += 1) {
    const end = i === 1 ? '' : `-${i}`
    const candidate = `${name.slice(0, longestName - end.length)}${end}`
    if (taken.has(candidate)) continue
    taken.add(candidate)
    return candidate
  }
}

/** A heading without its picture, number and marks. */
export function titleOf(heading: string): string {
  const bare = heading
    .replace(/^[^\p{L}\p{N}$[(【「<]+/u, '')
    .replace(/^(?:\d{1,3}(?:\.\d{1,3})*[.)]|\d{1,3}\.|step \d{1,3}\s*[:.-])\s+/i, '')
    .replace(/\s*[(（<]?https?:\/\/[^\s<>()（）]{1,1000}[)）>]?/g, ' ')
    .replace(/[\s:：]+$/u, '')
  const title = bare === '' ? heading.trim() : bare
  return title === '' ? untitled : title.slice(0, longestTitle).replace(/[\ud800-\udbff]$/, '')
}

/** What a symptom's heading says besides that it is one. */
export function symptomTitle(heading: string): string {
  return titleOf(titleOf(heading.replace(headingName, '')).replace(symptomMark, ''))
}

const headingName = /\s*\{#([a-z0-9][a-z0-9-]{0,39})\}\s*$/

/** `slow` of `Symptom: Slow answers {#slow}`, as many Markdown programs name headings. */
export function nameIn(heading: string): string | undefined {
  return headingName.exec(heading)?.[1]
}

const symptomMark = /^(?:症状|symptoms?|alerts?|アラート|scenario|problem|issue|runbook)\s*[:：-]\s*/i

/** Whether a heading says outright that it is a symptom. */
export function isMarkedSymptom(heading: string): boolean {
  return symptomMark.test(titleOf(heading))
}
