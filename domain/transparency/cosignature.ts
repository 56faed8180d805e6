/** A witness's word that a log only grew up to a checkpoint, and when it saw that (c2sp.org/tlog-cosignature, Ed25519). */
import { concatBytes } from '@noble/hashes/utils.js'
import { keyIdOf, mostSignatures, type Note, type NoteKey, type NoteSignature } from './note.ts'

const timeBytes = 8

/** What a witness signs of a checkpoint; `atSeconds` since 1970. */
export function cosignatureText(text: string, atSeconds: number): string {
  return `cosignature/v1\ntime ${atSeconds}\n${text}`
}

export function cosigned(
  text: string,
  atSeconds: number,
  {
    name,
    raw,
    sign,
  }: { readonly name: string; readonly raw: Uint8Array; readonly sign: (text: string) => Uint8Array },
): NoteSignature {
  const time = new Uint8Array(timeBytes)
  for (let [i, left] = [timeBytes - 1, atSeconds]; i >= 0; i -= 1, left = Math.floor(left / 256))
    time[i] = left % 256
  const signature = concatBytes(time, sign(cosignatureText(text, atSeconds)))
  return { name, keyId: keyIdOf(name, 'witness', raw), signature }
}

/** A line with a time in it, which may be a cosignature; its name and time are claims until a key has checked it. */
export function timeOf({ signature }: NoteSignature): number | undefined {
  if (signature.length !== timeBytes + 64) return undefined
  const seconds = signature.subarray(0, timeBytes).reduce((sum, byte) => sum * 256 + byte, 0)
  return Number.isSafeInteger(seconds) ? seconds : undefined
}

export type Cosigned = { readonly name: string; readonly atSeconds: number; readonly line: NoteSignature }

/** The lines by this key, under whatever name it goes. */
export function cosignaturesBy({ text, signatures }: Note, { raw, verifies }: NoteKey): readonly Cosigned[] {
  return signatures.flatMap((line) => {
    const atSeconds = timeOf(line)
    if (atSeconds === undefined || line.keyId !== keyIdOf(line.name, 'witness', raw)) return []
    const isGenuine = verifies(cosignatureText(text, atSeconds), line.signature.subarray(timeBytes))
    return isGenuine ? [{ name: line.name, atSeconds, line }] : []
  })
}

/** A checkpoint with these cosignatures and no others, as many as a note can have. */
export function withCosignatures(note: Note, lines: readonly NoteSignature[]): Note {
  const own = withoutCosignatures(note)
  return { text: own.text, signatures: [...own.signatures, ...lines].slice(0, mostSignatures) }
}

/** A checkpoint without the lines that say to be cosignatures: what the log itself signed. */
export function withoutCosignatures({ text, signatures }: Note): Note {
  return { text, signatures: signatures.filter((line) => timeOf(line) === undefined) }
}
