/** The one way to a bucket: the SDK's own chain finds endpoint, region and credentials, and what it throws becomes a failure of the list. */
import { NoSuchKey, NotFound, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { expected } from '../../../domain/expected.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { Refused, refused } from '../../../edge/refused.ts'
import type { BucketTarget } from '../target.ts'

const connectsWithinMs = 5_000
/** Between two pieces of an answer. */
const silentForMs = 60_000

export type Bucket = {
  readonly client: S3Client
  /** Bucket and key of a file of the bundle, as each command wants them. */
  readonly at: (path: string) => { readonly Bucket: string; readonly Key: string }
  readonly nameOf: (path: string) => string
  /** What `work` comes to; what it throws, as a failure. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>
}

export function openBucket({ bucket, prefix, name }: BucketTarget): Bucket {
  const { AWS_ENDPOINT_URL_S3: own, AWS_ENDPOINT_URL: all } = process.env
  const client = new S3Client({
    // Elsewhere than at AWS a bucket seldom has a host name of its own.
    forcePathStyle: (own ?? all) !== undefined,
    // Each object goes with a SHA-256 of ours, and what is read is held against the manifest: a second sum would only cost time.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectsWithinMs, socketTimeout: silentForMs },
  })
  return {
    client,
    at: (path) => ({ Bucket: bucket, Key: `${prefix}/${path}` }),
    nameOf: (path) => `${name}/${path}`,
    ask: async (work) => {
      try {
        return await work()
      } catch (error) {
        throw bucketFailure(error, bucket)
      }
    },
  }
}

/** No object there, as distinct from no bucket. */
export function isMissing(error: unknown): boolean {
  return error instanceof NoSuchKey || error instanceof NotFound
}

/** What the server said, in our words where we know it; never what the SDK read of credentials. */
export function bucketFailure(error: unknown, bucket: string): unknown {
  if (error instanceof Refused || !(error instanceof Error)) return error
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode !== undefined) {
    const status = error.$metadata.httpStatusCode
    const reason = plainLine(error.message === 'UnknownError' ? error.name : error.message || error.name)
    if (error.name === 'NoSuchBucket') return refused('bucket-unknown', { bucket })
    if (status >= 500) return refused('bucket-unreachable', { bucket, reason })
    if (status === 401 || status === 403) return refused('bucket-forbidden', { bucket, reason })
    return refused('bucket-refused', { bucket, reason })
  }
  if (/Credentials|Token/.test(error.name)) {
    // Its own words can hold the command line of a helper, and what that printed.
    const reason = { en: 'there are no usable credentials', ja: '使える認証情報がありません' }
    return refused('bucket-forbidden', { bucket, reason })
  }
  if (error.message.startsWith('Region '))
    return refused('bad-input', {
      where: 'AWS_REGION',
      problem: expected('the region of the bucket', 'バケットのリージョン'),
    })
  const code = codeOf(error)
  return code === undefined
    ? error
    : refused('bucket-unreachable', { bucket, reason: plainLine(error.message || code) })
}

/** Of the network's errors, and of the SDK's own limits of time. */
function codeOf(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name === 'TimeoutError' ? error.name : undefined
}
