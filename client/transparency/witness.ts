/** A witness: keeps of each log what it cosigned last, and cosigns only what goes on from there. */

import type { KeyObject } from 'node:crypto'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { parseSignedCheckpoint, type SignedCheckpoint } from '../../domain/transparency/checkpoint.ts'
import { cosigned } from '../../domain/transparency/cosignature.ts'
import { formatNote, formatSignature } from '../../domain/transparency/note.ts'
import { judge, parseAddCheckpoint } from '../../domain/transparency/witness.ts'
import { contentIfThere, namesIfThere } from '../../edge/if-there.ts'
import { type NoteSigner, noteKeyOf } from '../../edge/note-keys.ts'
import { putOnce } from '../../edge/transparency/put-once.ts'
import { changed, textIn } from '../../edge/transparency/read-log.ts'

export type WitnessParts = {
  readonly name: string
  readonly signer: NoteSigner
  /** The public key of each log that it knows, by its origin. */
  readonly logs: ReadonlyMap<string, KeyObject>
  /** Where it keeps what it cosigned. */
  readonly state: string
  readonly now: () => number
}

export type WitnessAnswer = { readonly status: number; readonly type?: string; readonly body: string }

const said: { readonly [status: number]: string } = {
  400: 'not a checkpoint with its proof',
  403: 'not signed by the key of this log',
  404: 'this log is not known here',
  422: 'the proof does not lead from the checkpoint that was cosigned last to this one',
}

/** Answers one `add-checkpoint`. What is cosigned is on the disk before it is answered. */
export async function addCheckpoint(
  body: Uint8Array,
  { name, signer, logs, state, now }: WitnessParts,
): Promise<WitnessAnswer> {
  const asked = parseAddCheckpoint(textIn(body) ?? '')
  if (asked === undefined) return refusal(400)
  const { note, checkpoint } = asked
  const key = logs.get(checkpoint.origin)
  for (;;) {
    const last = key && (await lastOf(state, checkpoint.origin))
    const verdict = judge(asked, key && noteKeyOf(key), last?.signed.checkpoint)
    if (verdict.status === 409) return { status: 409, type: 'text/x.tlog.size', body: `${verdict.size}\n` }
    if (verdict.status !== 200) return refusal(verdict.status)
    const next = stateFile(checkpoint.origin, (last?.number ?? 0) + 1)
    // Taken: another request was cosigned in the meantime, and this one is judged by that.
    if (verdict.isNew && (await putOnce(state, next, formatNote(note))) === 'taken') continue
    const line = cosigned(note.text, Math.floor(now() / 1_000), { name, ...signer })
    return { status: 200, body: `${formatSignature(line)}\n` }
  }
}

function refusal(status: number): WitnessAnswer {
  return { status, body: `${said[status]}\n` }
}

type Last = { readonly number: number; readonly signed: SignedCheckpoint }

/** None is ever removed: a process that stood still would take the name of an older one, and cosign a second story. */
async function lastOf(state: string, origin: string): Promise<Last | undefined> {
  const number = Math.max(0, ...(await namesIfThere(join(state, folderOf(origin)))).map(Number))
  if (number === 0) return undefined
  const path = stateFile(origin, number)
  const signed = parseSignedCheckpoint(
    textIn((await contentIfThere(join(state, path))) ?? new Uint8Array()) ?? '',
  )
  if (signed?.checkpoint.origin === origin) return { number, signed }
  throw changed(state, { en: `${path} cannot be read.`, ja: `${path} を読み取れません。` })
}

function stateFile(origin: string, number: number): string {
  return `${folderOf(origin)}/${number}`
}

/** A name that is no path, whatever the log is called. */
function folderOf(origin: string): string {
  return createHash('sha256').update(origin).digest('hex')
}
