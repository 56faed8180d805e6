/** `npx tsx test/docs/write.ts`: writes what docs/ has from the code (made.ts), and the JSON Schema of runbooks for editors. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { runbookJsonSchema } from '../../client/runbook/schema.ts'
import { made, rewritten } from './made.ts'

for (const each of made) {
  const text = readFileSync(each.page, 'utf8')
  const written = rewritten(text, each)
  if (written === text) continue
  writeFileSync(each.page, written)
  console.log(`${each.page}: ${each.mark} written`)
}

const schemaFile = 'runbooks/schema.json'
const schema = JSON.stringify(runbookJsonSchema(), null, 2)
if (!isDeepStrictEqual(JSON.parse(readFileSync(schemaFile, 'utf8')), JSON.parse(schema))) {
  writeFileSync(schemaFile, `${schema}\n`)
  execFileSync('npx', ['biome', 'format', '--write', schemaFile], { stdio: ['ignore', 'ignore', 'inherit'] })
  console.log(`${schemaFile} written`)
}
