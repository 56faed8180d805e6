/** What every bundle ends with, wherever it is written: a manifest of all files, and who stands for it. */
import { createHash } from 'node:crypto'
import {
  type BundleFile,
  type Manifest,
  manifestFile,
  manifestText,
  signatureFile,
} from '../../domain/evidence/manifest.ts'
import { maskCounter } from '../../domain/evidence/mask.ts'
import { expected } from '../../domain/expected.ts'
import { type Refused, refused } from '../../edge/refused.ts'
import type { Piece } from './piece.ts'

/** Who signs, and with which key: the public one as SPKI in base64url. */
export type Signing = { readonly sign: (text: string) => string; readonly key: string }

/** Until when nobody may delete it, where it lies in a bucket; `compliance`: not even whoever runs the bucket. */
export type Lock = { readonly mode: 'compliance' | 'governance'; readonly until: string }

export type BundleOrder = {
  readonly output: string
  readonly pieces: readonly Piece[]
  readonly says: Omit<Manifest, 'format' | 'masked' | 'files'>
  readonly signing?: Signing | undefined
  readonly lock?: Lock | undefined
}

export type MeasuredFile = BundleFile & { readonly masked: number }

/** Bytes and SHA-256 of what goes through, piece by piece. */
export async function hashed(
  chunks: AsyncIterable<Buffer | string>,
  each: (chunk: Buffer) => Promise<void> | void = () => {},
): Promise<Omit<BundleFile, 'path'>> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of chunks) {
    const piece = asBuffer(chunk)
    hash.update(piece)
    bytes += piece.length
    await each(piece)
  }
  return { bytes, sha256: hash.digest('hex') }
}

export async function measured(
  path: string,
  chunks: AsyncIterable<Buffer | string>,
  each: (chunk: Buffer) => Promise<void> | void = () => {},
): Promise<MeasuredFile> {
  const marks = maskCounter()
  let masked = 0
  const file = await hashed(chunks, (piece) => {
    masked = marks(piece.toString('latin1'))
    return each(piece)
  })
  return { path, ...file, masked }
}

/** Without a copy, where it is one. */
export function asBuffer(chunk: Buffer | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

export type Sealed = {
  readonly manifest: Manifest
  /** The signature first: whoever finds a manifest finds a whole bundle. */
  readonly files: readonly { readonly path: string; readonly text: string }[]
}

export function sealed(
  { says, signing }: Pick<BundleOrder, 'says' | 'signing'>,
  written: readonly MeasuredFile[],
): Sealed {
  const manifest: Manifest = {
    format: 'hikeshi-evidence-1',
    ...says,
    masked: written.reduce((sum, { masked }) => sum + masked, 0),
    files: written.map(({ masked: _, ...file }) => file).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
  const own = { path: manifestFile, text: `${JSON.stringify(manifest, null, 1)}\n` }
  if (signing === undefined) return { manifest, files: [own] }
  const { by, madeAt: at } = manifest
  const sha256 = createHash('sha256').update(own.text).digest('hex')
  const signature = { by, at, key: signing.key, signature: signing.sign(manifestText({ sha256, by, at })) }
  return {
    manifest,
    files: [{ path: signatureFile, text: `${JSON.stringify(signature, null, 1)}\n` }, own],
  }
}

/** Something lies there already. */
export function taken(where: string): Refused {
  const problem = expected(
    `a place that is still free; ${where} is there, and evidence is never overwritten`,
    `まだ何もない場所（${where} は既にあり、証跡は上書きしません）`,
  )
  return refused('bad-input', { where: '--output', problem })
}
