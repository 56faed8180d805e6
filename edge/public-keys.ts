/** Files of Ed25519 public keys, which nobody but their owner may write: whoever may, decides who signs. */

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expected } from '../domain/expected.ts'
import type { Text } from '../domain/words.ts'
import { type KeyUse, unreadableKey } from './key-words.ts'
import { whyWritable } from './loose-folder.ts'
import { type Refused, refused } from './refused.ts'

/** The public keys in a PEM file, or in every `.pub` and `.pem` file of a directory; `use`: what they check. */
export async function readKeys(path: string, use: KeyUse): Promise<readonly KeyObject[]> {
  const isFolder = (await stat(path).catch(unreadable(path, use))).isDirectory()
  const files = isFolder ? await filesIn(path, /\.(pub|pem)$/, use) : [path]
  return (await Promise.all(files.map((file) => keysOfFile(file, use)))).flat()
}

type Signer = { readonly person: string; readonly key: KeyObject }
type Verifies = (text: string, signatureBase64Url: string) => boolean

/** The keys of people: `mori.pub` in the directory is of mori, with one key, or the old and the new one. */
async function readSigners(folder: string): Promise<readonly Signer[]> {
  const files = await filesIn(folder, /\.pub$/, 'runbooks')
  const all = await Promise.all(
    files.map(async (file) =>
      (await keysOfFile(file, 'runbooks')).map((key) => ({ file, person: basename(file, '.pub'), key })),
    ),
  )
  const keys = all.flat()
  const twice = keys.find(({ key }, i) => keys.findIndex((other) => other.key.equals(key)) !== i)
  if (twice !== undefined)
    throw bad(
      twice.file,
      expected("each key once: a key is one person's", '重複しない鍵（鍵は 1 人のものです）'),
    )
  return keys
}

export type PublisherPaths = {
  readonly folder: string
  /** Of the API's public keys. */
  readonly attestationKeys: string | undefined
}

/** All that has to be re-read when one of them changes. */
export function pathsOf({ folder, attestationKeys }: PublisherPaths): readonly string[] {
  return [folder, ...(attestationKeys === undefined ? [] : [attestationKeys])]
}

/**
 * Whose signatures under a runbook count: those of the people in the folder, and of the API, which signs for whom it verified; `ofOwn` are
 * further keys of an API. `unfit` says why people of these names cannot be meant.
 */
export async function readPublisherKeys(
  { folder, attestationKeys }: PublisherPaths,
  unfit: (people: readonly string[]) => Text | undefined,
  ofOwn: readonly KeyObject[] = [],
): Promise<readonly { readonly person?: string; readonly verifies: Verifies }[]> {
  const ofApi = [
    ...ofOwn,
    ...(attestationKeys === undefined ? [] : await readKeys(attestationKeys, 'approvals')),
  ]
  const people = await readSigners(folder)
  const problem = unfit([...new Set(people.map(({ person }) => person))])
  if (problem !== undefined) throw bad(folder, problem)
  if (people.some(({ key }) => ofApi.some((other) => other.equals(key))))
    throw bad(
      folder,
      expected(
        "a key other than the API's, which could sign for everybody",
        'API 以外の鍵（API の鍵があれば、誰の署名でも作れてしまうため）',
      ),
    )
  return [
    ...people.map(({ person, key }) => ({ person, verifies: verifier(key) })),
    ...ofApi.map((key) => ({ verifies: verifier(key) })),
  ]
}

export function verifier(key: KeyObject): Verifies {
  return (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
}

async function filesIn(folder: string, names: RegExp, use: KeyUse): Promise<readonly string[]> {
  await refuseWritable(folder, use)
  const found = await readdir(folder).catch(unreadable(folder, use))
  return found
    .filter((file) => names.test(file))
    .toSorted()
    .map((file) => join(folder, file))
}

async function refuseWritable(path: string, use: KeyUse): Promise<void> {
  const why = await whyWritable(path).catch(unreadable(path, use))
  if (why !== undefined) throw bad(path, why)
}

async function keysOfFile(file: string, use: KeyUse): Promise<readonly KeyObject[]> {
  await refuseWritable(file, use)
  const source = await readFile(file, 'utf8').catch(unreadable(file, use))
  // createPublicKey would also take a private key, and only the first of several.
  const blocks = source.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? []
  return blocks.map((pem) => {
    if (!pem.startsWith('-----BEGIN PUBLIC KEY-----'))
      throw bad(
        file,
        expected(
          'public keys alone; a private one belongs only where it signs (its public key: openssl pkey -in FILE -pubout)',
          '公開鍵のみ。秘密鍵は署名する場所にだけ置きます（公開鍵の取り出し: openssl pkey -in FILE -pubout）',
        ),
      )
    const key = keyOf(pem)
    if (key?.asymmetricKeyType !== 'ed25519') throw bad(file, expected('an Ed25519 key', 'Ed25519 の鍵'))
    return key
  })
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

function unreadable(where: string, use: KeyUse): (error: unknown) => never {
  return (error) => {
    throw bad(where, unreadableKey('public', use, error))
  }
}

function bad(where: string, problem: Text): Refused {
  return refused('bad-input', { where, problem })
}
