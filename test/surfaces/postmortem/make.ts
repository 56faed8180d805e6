/** Writes golden/: npx tsx test/surfaces/postmortem/make.ts. Read the difference before it is committed. */
import { writeFileSync } from 'node:fs'
import { goldens } from './golden.ts'

for (const { file, text } of goldens()) writeFileSync(file, text())
