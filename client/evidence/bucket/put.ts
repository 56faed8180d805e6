/** One file of a bundle as an object: never over another, with a SHA-256 that the server checks, and in parts that fit into memory. */
import {
  AbortMultipartUploadCommand,
  ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { Piece } from '../piece.ts'
import { type Lock, type MeasuredFile, measured, taken } from '../seal.ts'
import { extend, lockOf } from './lock.ts'
import { type Bucket, isMissing } from './open.ts'
import { type Checksum, checksums, partsOf } from './parts.ts'

/** Nothing may lie there. */
const onlyNew = { IfNoneMatch: '*' } as const

type Sent = { readonly path: string; readonly parts: AsyncIterable<Buffer>; readonly checksum: Checksum }

/**
 * Reads a file twice: to know it, and to send it. If it `lies` there already from an earlier try, it is only held as long as the rest.
 * Refuses (`bad-input`) where another lies there.
 */
export async function put(
  bucket: Bucket,
  { path, read }: Piece,
  lies: boolean,
  lock: Lock | undefined,
): Promise<MeasuredFile> {
  const sums = checksums()
  const file = await measured(path, read(), sums.take)
  const checksum = sums.end()
  const isThere = () => bucket.ask(() => liesThere(bucket, file, checksum, lock))
  if (lies && (await isThere())) return file
  // A log that somebody still writes is longer by now.
  const sent = { path, parts: partsOf(read(), file.bytes), checksum }
  const send = checksum.parts.length === 1 ? putWhole : putInParts
  const isNew = await bucket.ask(() => send(bucket, sent, lock).then(() => true, unlessConflict))
  // Our own, where the answer to an attempt was lost and the next one met it.
  if (!isNew && !(await isThere())) throw taken(bucket.nameOf(path))
  return file
}

async function liesThere(
  bucket: Bucket,
  { path, bytes }: MeasuredFile,
  { whole }: Checksum,
  lock: Lock | undefined,
): Promise<boolean> {
  const head = new HeadObjectCommand({ ...bucket.at(path), ChecksumMode: 'ENABLED' })
  const found = await bucket.client.send(head).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  if (found === undefined) return false
  if (found.ContentLength !== bytes || found.ChecksumSHA256 !== whole) throw taken(bucket.nameOf(path))
  if (lock !== undefined) await extend(bucket, path, found, lock)
  return true
}

async function putWhole(
  { client, at }: Bucket,
  { path, parts, checksum }: Sent,
  lock: Lock | undefined,
): Promise<void> {
  for await (const Body of parts)
    await client.send(
      new PutObjectCommand({
        ...at(path),
        ...lockOf(lock),
        ...onlyNew,
        Body,
        ChecksumSHA256: checksum.whole,
      }),
    )
}

/** Nothing lies there before all of it does. */
async function putInParts(
  { client, at }: Bucket,
  { path, parts, checksum }: Sent,
  lock: Lock | undefined,
): Promise<void> {
  const object = at(path)
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({
      ...object,
      ...lockOf(lock),
      ChecksumAlgorithm: ChecksumAlgorithm.SHA256,
    }),
  )
  try {
    const done: CompletedPart[] = []
    for await (const Body of parts) {
      const PartNumber = done.length + 1
      const ChecksumSHA256 = checksum.parts[done.length]
      const part = new UploadPartCommand({ ...object, UploadId, PartNumber, Body, ChecksumSHA256 })
      const { ETag } = await client.send(part)
      done.push({ PartNumber, ETag, ChecksumSHA256 })
    }
    await client.send(
      new CompleteMultipartUploadCommand({
        ...object,
        ...onlyNew,
        UploadId,
        MultipartUpload: { Parts: done },
      }),
    )
  } catch (error) {
    // The reason is what counts, not that it could not be tidied.
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined)
    throw error
  }
}

/** False where something lies there, or is being laid there; whatever else goes wrong is thrown. */
function unlessConflict(error: unknown): false {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
  if (status === 409 || status === 412) return false
  throw error
}
