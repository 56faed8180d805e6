/** A real S3 with versions and Object Lock over a folder, for whoever needs a bucket. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { findAll } from '../../lab/binaries/find.ts'
import { until } from '../../lab/waiting.ts'
import { freePort } from '../activities/free-port.ts'

const versitygw = (await findAll()).paths.get('versitygw')

/** Why there can be no bucket here. */
export const noGateway = versitygw === undefined ? 'no versitygw; "npm test" builds it' : undefined

export type Gateway = {
  readonly port: number
  /** For whoever reaches it at this port. */
  readonly envAt: (port: number) => Readonly<Record<string, string>>
  /** What must never be seen. */
  readonly secret: string
  readonly client: S3Client
  readonly makeBucket: (name: string, locking?: boolean) => Promise<void>
  /** Keys below a prefix, without it. */
  readonly list: (bucket: string, prefix: string) => Promise<readonly string[]>
  readonly head: (bucket: string, key: string) => ReturnType<typeof headOf>
  readonly get: (bucket: string, key: string) => Promise<string>
  readonly put: (bucket: string, key: string, text: string) => Promise<void>
  readonly remove: (bucket: string, key: string) => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startGateway(dir: string): Promise<Gateway> {
  const [data = '', versions = '', sidecar = '', people = ''] = ['data', 'versions', 'sidecar', 'people'].map(
    (name) => join(dir, name),
  )
  for (const folder of [data, versions, sidecar, people]) await mkdir(folder)
  const port = await freePort()
  const [key, secret] = ['tester', `secret-${randomUUID()}`]
  const serves = ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', '--iam-dir', people]
  const where = ['posix', '--versioning-dir', versions, '--sidecar', sidecar, data]
  const child = spawn(versitygw ?? 'versitygw', [...serves, ...where], {
    env: { PATH: process.env.PATH, ROOT_ACCESS_KEY_ID: key, ROOT_SECRET_ACCESS_KEY: secret },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  await until(async () => (await fetch(`http://127.0.0.1:${port}`)).status > 0, {
    what: 'versitygw',
    withinMs: 30_000,
    giveUp: () => {
      if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`)
    },
  })
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: key, secretAccessKey: secret },
    forcePathStyle: true,
  })
  return {
    port,
    envAt: (at) => ({
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${at}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: secret,
    }),
    secret,
    client,
    makeBucket: async (Bucket, locking = true) => {
      await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: locking }))
    },
    list: async (Bucket, prefix) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }))
      return Contents.map(({ Key = '' }) => Key.slice(prefix.length))
    },
    head: (Bucket, Key) => headOf(client, Bucket, Key),
    get: async (Bucket, Key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
      return (await Body?.transformToString()) ?? ''
    },
    put: async (Bucket, Key, Body) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }))
    },
    remove: async (Bucket, Key) => {
      await client.send(new DeleteObjectCommand({ Bucket, Key }))
    },
    stop: async () => {
      client.destroy()
      child.kill('SIGTERM')
      await ended
    },
  }
}

function headOf(client: S3Client, Bucket: string, Key: string) {
  return client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
}
