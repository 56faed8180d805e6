/** `npx tsx test/import/golden.ts` writes what the documents become; read the difference before it is kept. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { reportText } from '../../client/runbook/import/report.ts'
import { imported } from './read.ts'

const folder = fileURLToPath(new URL('./documents/', import.meta.url))

export const documents: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.md'))
  .sort()

export function goldenOf(document: string, ending: 'yaml' | 'txt'): string {
  return `${folder}${document.replace(/\.md$/, '')}.${ending}`
}

export function rendered(document: string): { readonly yaml: string; readonly report: string } {
  const name = document.split('.')[0] ?? document
  const { yaml, report } = imported(readFileSync(`${folder}${document}`, 'utf8'), name)
  return { yaml, report: reportText(document, report, document.includes('.ja.') ? 'ja' : 'en') }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const document of documents) {
    const { yaml, report } = rendered(document)
    writeFileSync(goldenOf(document, 'yaml'), yaml)
    writeFileSync(goldenOf(document, 'txt'), report)
  }
