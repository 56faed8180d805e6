/**
 * Writes a bundle into a bucket: its manifest last, so that what has one is whole, and never over anything. What an interrupted try of the
 * same bundle has left is continued: objects that are the same stay.
 */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import {
  type Manifest,
  manifestFile,
  manifestSignature,
  signatureFile,
} from '../../../domain/evidence/manifest.ts'
import { inParallel } from '../../../edge/in-parallel.ts'
import { type Piece, textPiece } from '../piece.ts'
import { readSmall } from '../place.ts'
import { type BundleOrder, sealed, taken } from '../seal.ts'
import type { BucketTarget } from '../target.ts'
import { refuseUnlocked } from './lock.ts'
import { type Bucket, openBucket } from './open.ts'
import { put } from './put.ts'
import { bucketPlace, listed } from './read.ts'

/** Files at once. */
const mostAtOnce = 4

/** Refuses (`bad-input`) where something else lies there, and what `bucketFailure` knows. */
export async function writeToBucket(
  target: BucketTarget,
  { pieces, says, signing, lock }: BundleOrder,
): Promise<Manifest> {
  const bucket = openBucket(target)
  if (lock !== undefined) await refuseUnlocked(bucket)
  const there = new Set((await listed(bucket)).map(({ path }) => path))
  const own = new Set([...pieces.map(({ path }) => path), ...(signing === undefined ? [] : [signatureFile])])
  const other = there.has(manifestFile) ? manifestFile : [...there].find((path) => !own.has(path))
  if (other !== undefined) throw taken(bucket.nameOf(other))
  await abortUnfinished(bucket)
  const putAll = (some: readonly Piece[]) =>
    inParallel(some, mostAtOnce, (piece) => put(bucket, piece, there.has(piece.path), lock))
  // What takes long and stays the same goes first: a next try finds it, and little that may differ by then.
  const written = [
    ...(await putAll(pieces.filter(({ lasts }) => lasts))),
    ...(await putAll(pieces.filter(({ lasts }) => !lasts))),
  ]
  const madeAt = (there.has(signatureFile) && (await signedAt(target))) || says.madeAt
  const { manifest, files } = sealed({ says: { ...says, madeAt }, signing }, written)
  for (const { path, text } of files) await put(bucket, textPiece(path, text), there.has(path), lock)
  return manifest
}

/** An earlier try came as far as its signature: the same manifest has the same one. */
async function signedAt(target: BucketTarget): Promise<string | undefined> {
  const bytes = await readSmall(bucketPlace(target), signatureFile, 10_000)
  try {
    return manifestSignature.safeParse(JSON.parse(String(bytes))).data?.at
  } catch {
    return undefined
  }
}

/** Parts that a try which was killed has left: nobody sees them, and they cost until they are gone. */
async function abortUnfinished({ client, at, ask }: Bucket): Promise<void> {
  const { Bucket, Key: Prefix } = at('')
  await ask(async () => {
    for (let from: object | undefined = {}; from !== undefined; ) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket,
        Prefix,
        ...from,
      })
      const { Uploads = [], IsTruncated, NextKeyMarker, NextUploadIdMarker } = await client.send(command)
      for (const { Key, UploadId } of Uploads)
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      from = IsTruncated ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined
    }
  })
}
