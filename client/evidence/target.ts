/** `s3://BUCKET/PREFIX`: where a bundle lies that lies in no folder. Loads nothing, since every bundle asks. */
import { expected } from '../../domain/expected.ts'
import { refused } from '../../edge/refused.ts'

export type BucketTarget = {
  readonly bucket: string
  /** Without a slash at its end. */
  readonly prefix: string
  /** As people write it. */
  readonly name: string
}

const scheme = 's3://'
/** Letters, digits, dots and hyphens, as S3 allows them; path parts as a manifest does. */
const form = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/

export function isBucket(text: string): boolean {
  return text.startsWith(scheme)
}

/** Undefined where a folder is meant. Refuses (`bad-input`) what names no place in a bucket; `where`: what was typed it for. */
export function bucketTarget(text: string, where: string): BucketTarget | undefined {
  if (!isBucket(text)) return undefined
  const [, bucket = '', rest = ''] = form.exec(text) ?? []
  const prefix = rest.replace(/\/$/, '')
  if (bucket !== '' && prefix.split('/').every(isPart))
    return { bucket, prefix, name: `${scheme}${bucket}/${prefix}` }
  throw refused('bad-input', {
    where,
    problem: expected('s3://BUCKET/PREFIX', 's3://バケット/プレフィックス'),
  })
}

function isPart(part: string): boolean {
  return !['', '.', '..'].includes(part)
}
