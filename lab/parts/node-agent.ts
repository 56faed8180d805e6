import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../folders.ts'
import type { Part } from '../part.ts'
import { recordedProcess } from '../state.ts'

/** Runs the real processes behind the pods of the databases; plain JavaScript as the app is. */
export const nodeAgent: Part = {
  command: ({ dir, ports }) => [
    process.execPath,
    join(packageRoot, 'lab', 'node-agent', 'main.mjs'),
    dir,
    String(ports.apiServer),
  ],
  // It writes its number there once it has seen the pods; another number is that of the one before.
  ready: async ({ dir }) =>
    readFileSync(join(dir, 'node-agent.ready'), 'utf8') === String(recordedProcess(dir, 'node-agent')?.pid),
  // A PostgreSQL that is busy takes a moment for its last checkpoint.
  graceMs: 15_000,
}
