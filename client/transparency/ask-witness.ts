/** Has a witness cosign the newest checkpoint of a log. */

import { parseSize, type SignedCheckpoint } from '../../domain/transparency/checkpoint.ts'
import { cosignaturesBy } from '../../domain/transparency/cosignature.ts'
import { type NoteKey, type NoteSignature, parseSignature } from '../../domain/transparency/note.ts'
import { consistencyProof } from '../../domain/transparency/tree.ts'
import { formatAddCheckpoint } from '../../domain/transparency/witness.ts'
import type { Words } from '../../domain/words.ts'
import { refused } from '../../edge/refused.ts'
import type { Log } from '../../edge/transparency/read-log.ts'
import { reasonOf } from '../temporal/connect.ts'

const answersWithinMs = 30_000
const longestAnswerBytes = 64 * 1024
/** It says which size it knows; between two requests it may have seen one more. */
const mostRequests = 4

/** The cosignatures by keys that are known; refuses (`witness-unreachable`) where there is none. */
export async function askWitness(
  address: string,
  { leaves }: Log,
  { note }: SignedCheckpoint,
  keys: readonly NoteKey[],
): Promise<readonly NoteSignature[]> {
  const failed = (reason: Words, cause?: unknown) =>
    refused('witness-unreachable', { address, reason }, { cause })
  let oldSize = 0
  for (let tries = 0; tries < mostRequests; tries += 1) {
    const body = formatAddCheckpoint({ oldSize, proof: consistencyProof(oldSize, leaves), note })
    const { status, type, text } = await post(address, body).catch((error: unknown) => {
      throw failed(reasonOf(error), error)
    })
    const known =
      status === 409 && type.startsWith('text/x.tlog.size') ? parseSize(text.trimEnd()) : undefined
    if (known !== undefined && known > leaves.length)
      throw failed({
        en: `it has cosigned ${known} entries and this log holds ${leaves.length}: entries are missing here`,
        ja: `連署済みは ${known} 件ですが、このログは ${leaves.length} 件です。記録が失われています`,
      })
    if (known !== undefined && known !== oldSize) {
      oldSize = known
      continue
    }
    if (status !== 200) throw failed(refusedWith(status, text))
    const lines = text.split('\n').flatMap((line) => parseSignature(line) ?? [])
    // A key can sign under any number of names, and says no more by that.
    const cosigned = keys.flatMap((key) =>
      cosignaturesBy({ text: note.text, signatures: lines }, key).slice(0, 1),
    )
    if (cosigned.length > 0) return cosigned.map(({ line }) => line)
    throw failed({
      en: 'its answer is signed with none of the given keys',
      ja: '回答が、指定したどの鍵の署名でもありません',
    })
  }
  throw failed({ en: 'it names another size each time', ja: '応答のサイズが毎回変わります' })
}

function refusedWith(status: number, text: string): Words {
  if (status === 409 || status === 422)
    return {
      en: 'this log does not go on from what it has cosigned: the log was changed, or its witness was shown another one',
      ja: 'このログは連署済みの内容の続きではありません。ログが変更されたか、別のログが提示されています',
    }
  return text.trim().slice(0, 200) || `HTTP ${status}`
}

async function post(
  address: string,
  body: string,
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  const answer = await fetch(`${address.replace(/\/+$/, '')}/add-checkpoint`, {
    method: 'POST',
    body,
    redirect: 'error',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    signal: AbortSignal.timeout(answersWithinMs),
  })
  const text = await beginningOf(answer.body)
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text }
}

/** A witness is somebody else: what it goes on to say is not waited for. */
async function beginningOf(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= longestAnswerBytes) break
  }
  return Buffer.concat(chunks).subarray(0, longestAnswerBytes).toString()
}
