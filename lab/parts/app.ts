import { join } from 'node:path'
import { packageRoot } from '../folders.ts'
import type { Part } from '../part.ts'

/** The shodo application: plain JavaScript, so that it starts in a tenth of a second and needs no loader. */
export const app: Part = {
  command: ({ dir, ports }) => [
    process.execPath,
    join(packageRoot, 'lab', 'shodo', 'app.mjs'),
    dir,
    String(ports.app),
    String(ports.apiServer),
  ],
  // Any answer will do: what it says about the pods is not the app's readiness.
  ready: async ({ ports }) => {
    await fetch(`http://127.0.0.1:${ports.app}/live`, { signal: AbortSignal.timeout(1_000) })
    return true
  },
  graceMs: 2_000,
}
