import { type FailureName, failures } from '../../domain/failures.ts'

/** What the first figure of a code says. */
const groups = {
  HK1: 'Input that cannot be understood',
  HK2: 'Not found',
  HK3: 'Refused by a rule',
  HK4: 'The target said no',
  HK5: 'Unreachable',
  HK6: 'It took too long',
  HK9: 'A defect of hikeshi, or a worker that is too old',
} as const

/** Every failure of the list by its code, as Markdown: docs/failures.md holds it. */
export function failuresMarkdown(): string {
  const names = (Object.keys(failures) as FailureName[]).toSorted((a, b) =>
    failures[a].code.localeCompare(failures[b].code, 'en'),
  )
  return Object.entries(groups)
    .flatMap(([first, title]) => [
      `## ${first}xx: ${title}`,
      ...names.filter((name) => failures[name].code.startsWith(first)).map(failureMarkdown),
    ])
    .join('\n\n')
}

function failureMarkdown(name: FailureName): string {
  const { code, exit, retryable, what, next } = failures[name]
  return [
    `### ${code} ${name}`,
    '',
    `- ${inMarkdown(what.en)}`,
    `- Next: ${inMarkdown(next.en)}`,
    `- Exit code ${exit}; trying again ${retryable ? 'can help' : 'does not help'}.`,
  ].join('\n')
}

function inMarkdown(text: string): string {
  return text.replaceAll(/[<>*`]/g, '\\$&')
}
