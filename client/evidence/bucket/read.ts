/** A bundle in a bucket, as whoever verifies it reads it. */
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import type { BundlePlace } from '../place.ts'
import type { BucketTarget } from '../target.ts'
import { type Bucket, bucketFailure, isMissing, openBucket } from './open.ts'

export function bucketPlace(target: BucketTarget): BundlePlace {
  const bucket = openBucket(target)
  return {
    nameOf: bucket.nameOf,
    list: async () => (await listed(bucket)).map(({ path }) => ({ path, isFile: true })),
    read: (path) => contentOf(bucket, path),
  }
}

/** Everything below the prefix. Its own empty object, which consoles lay where a folder is made, is nothing. */
export async function listed({
  client,
  at,
  ask,
}: Bucket): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
  const { Bucket, Key: Prefix } = at('')
  return ask(async () => {
    const found: { path: string; bytes: number }[] = []
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix }))
      for (const { Key = '', Size = 0 } of Contents)
        if (Key !== Prefix) found.push({ path: Key.slice(Prefix.length), bytes: Size })
    return found
  })
}

async function* contentOf({ client, at }: Bucket, path: string): AsyncGenerator<Buffer> {
  try {
    const { Body } = await client.send(new GetObjectCommand(at(path)))
    // In Node a body is a stream of the connection.
    for await (const chunk of Body as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    if (isMissing(error)) throw Object.assign(new Error(path), { code: 'ENOENT' })
    throw bucketFailure(error, at(path).Bucket)
  }
}
