import { createInterface } from 'node:readline/promises'
import { Readable } from 'node:stream'
import type { Session } from './session.ts'

/** Asks the person at the terminal; `nobody` where there is none. Only a plain yes is one. */
export async function confirmed(session: Session, question: string): Promise<'yes' | 'no' | 'nobody'> {
  const { stdin, err, signal } = session.around
  if (stdin.isTTY !== true || err.isTTY !== true) return 'nobody'
  err.write(`${question} [y/N] `)
  const input = stdin instanceof Readable ? stdin : Readable.from(stdin)
  const lines = createInterface({ input, signal })
  try {
    for await (const line of lines) return /^(y|yes|はい)$/i.test(line.trim()) ? 'yes' : 'no'
    return 'no'
  } finally {
    lines.close()
  }
}
