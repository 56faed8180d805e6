/** Whether a bundle is what its manifest says, and who stands for the manifest. */
import { createHash, createPublicKey, type KeyObject, timingSafeEqual } from 'node:crypto'

import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { differences, type FoundFile, type Problem } from '../../domain/evidence/compare.ts'
import type { KeptLogs } from '../../domain/evidence/kept-logs.ts'
import {
  logsDigestText,
  type Manifest,
  type ManifestSignature,
  manifest,
  manifestFile,
  manifestSignature,
  manifestText,
  signatureFile,
} from '../../domain/evidence/manifest.ts'
import { recordingsTold } from '../../domain/evidence/recording.ts'
import { expected } from '../../domain/expected.ts'
import { present } from '../../domain/present.ts'
import { firstBreak, type TimelineEvent } from '../../domain/timeline/chain.ts'
import { inParallel } from '../../edge/in-parallel.ts'
import { verifier } from '../../edge/public-keys.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import { type BundlePlace, folderPlace, readSmall } from './place.ts'
import { hashed } from './seal.ts'

const timelineFile = 'timeline.json'
/** A manifest of a million files. */
const longestManifestBytes = 256 * 1024 ** 2
/** Files at once: a digest takes one core, and the other one waits for what comes. */
const mostAtOnce = 2

export type Verified = {
  /** `unsigned`: as its manifest says, and nobody stands for that; `unknown-signer`: nor anybody whose key was given. */
  readonly verdict: 'whole' | 'unsigned' | 'unknown-signer' | 'changed'
  readonly manifest: Manifest
  readonly problems: readonly Problem[]
  readonly signed?: Pick<ManifestSignature, 'by' | 'at'> & {
    /** SHA-256 of the public key, to be compared with that of a key that is known. */
    readonly fingerprint: string
    /** By one of the keys that were given. */
    readonly known: boolean
  }
}

/** `keys`: those that somebody knows to be the signer's. Refuses (`bad-input`) where the place holds no manifest. */
export async function verifyBundle(place: BundlePlace, keys?: readonly KeyObject[]): Promise<Verified> {
  const { bytes, read } = await readManifest(place)
  const sha256 = digestOf(bytes)
  const found = await filesIn(place)
  const signature = await signatureIn(place)
  const own = [manifestFile, ...(signature === undefined ? [] : [signatureFile])]
  const problems = [
    ...signatureProblems(sha256, signature, keys),
    ...differences(
      read.files,
      found.filter(({ path }) => !own.includes(path)),
      isSameDigest,
    ),
    ...(await timelineProblems(place, read)),
  ]
  const signed = signature ? signedBy(signature, sha256, keys) : undefined
  const asItSays = signed === undefined ? 'unsigned' : signed.known ? 'whole' : 'unknown-signer'
  return {
    verdict: problems.length > 0 ? 'changed' : asItSays,
    manifest: read,
    problems,
    ...present({ signed }),
  }
}

/** The manifest of a folder that is a bundle; undefined where it is none. */
export async function manifestIn(folder: string): Promise<Manifest | undefined> {
  const isBundle = await lstat(join(folder, manifestFile)).then(
    (file) => file.isFile(),
    () => false,
  )
  return isBundle ? manifestAt(folderPlace(folder)) : undefined
}

/** The manifest of a bundle. Refuses (`bad-input`) where the place holds none. */
export async function manifestAt(place: BundlePlace): Promise<Manifest> {
  return (await readManifest(place)).read
}

async function readManifest(
  place: BundlePlace,
): Promise<{ readonly bytes: Buffer; readonly read: Manifest }> {
  const where = place.nameOf(manifestFile)
  const bytes = await readSmall(place, manifestFile, longestManifestBytes).catch((error: unknown) => {
    if (error instanceof Refused) throw error
    throw refused('bad-input', { where, problem: reasonInWords(error) })
  })
  if (bytes === undefined) throw refused('bad-input', { where, problem: reasonInWords('ENOENT') })
  const parsed = manifest.safeParse(parsedJson(bytes))
  if (parsed.success) return { bytes, read: parsed.data }
  const problem = expected('the manifest of a bundle of evidence', '証跡バンドルのマニフェスト')
  throw refused('bad-input', { where, problem })
}

/** Undefined where there is none, null where it cannot be read as one. */
async function signatureIn(place: BundlePlace): Promise<ManifestSignature | null | undefined> {
  try {
    const bytes = await readSmall(place, signatureFile, longestManifestBytes)
    if (bytes === undefined) return undefined
    const parsed = manifestSignature.safeParse(parsedJson(bytes))
    return parsed.success ? parsed.data : null
  } catch (error) {
    if (error instanceof Refused) throw error
    return null
  }
}

function signatureProblems(
  sha256: string,
  signature: ManifestSignature | null | undefined,
  keys: readonly KeyObject[] | undefined,
): readonly Problem[] {
  const problem = (en: string, ja: string): readonly Problem[] => [{ what: 'signature', says: { en, ja } }]
  if (signature === undefined)
    return keys === undefined ? [] : problem('the bundle is not signed', 'バンドルに署名がありません')
  if (signature === null)
    return problem(`${signatureFile} cannot be read`, `${signatureFile} を読み取れません`)
  const own = keyIn(signature)
  if (own === undefined || !isSignedWith(own, signature, sha256))
    return problem('the signature does not match the manifest', '署名がマニフェストと一致しません')
  if (keys !== undefined && !keys.some((key) => isSignedWith(key, signature, sha256)))
    return problem(
      `the signature is not by the given key but by ${fingerprintOf(own)}`,
      `指定した鍵ではなく ${fingerprintOf(own)} による署名です`,
    )
  return []
}

function signedBy(
  signature: ManifestSignature,
  sha256: string,
  keys: readonly KeyObject[] | undefined,
): NonNullable<Verified['signed']> {
  const own = keyIn(signature)
  return {
    by: signature.by,
    at: signature.at,
    fingerprint: own === undefined ? '' : fingerprintOf(own),
    known: keys?.some((key) => isSignedWith(key, signature, sha256)) ?? false,
  }
}

/** Ed25519 takes the same time whatever the signature is. */
function isSignedWith(key: KeyObject, { by, at, signature }: ManifestSignature, sha256: string): boolean {
  return verifier(key)(manifestText({ sha256, by, at }), signature)
}

function keyIn({ key }: ManifestSignature): KeyObject | undefined {
  try {
    const read = createPublicKey({ key: Buffer.from(key, 'base64url'), format: 'der', type: 'spki' })
    return read.asymmetricKeyType === 'ed25519' ? read : undefined
  } catch {
    return undefined
  }
}

/** `SHA256:…` as ssh shows keys. */
export function fingerprintOf(key: KeyObject): string {
  const der = key.export({ format: 'der', type: 'spki' })
  return `SHA256:${createHash('sha256').update(der).digest('base64url')}`
}

/** Every file that lies there, read once. What is no plain file has no digest. */
async function filesIn(place: BundlePlace): Promise<readonly FoundFile[]> {
  return inParallel(await place.list(), mostAtOnce, async ({ path, isFile }) =>
    isFile ? { path, ...(await hashed(place.read(path))) } : { path, bytes: 0 },
  )
}

/** The timeline must lead to the head that the manifest names, and the logs must be those that it tells of. */
async function timelineProblems(where: BundlePlace, read: Manifest): Promise<readonly Problem[]> {
  if (read.head === undefined && !read.files.some(({ path }) => path === timelineFile)) return []
  const says = (en: string, ja: string): readonly Problem[] => [{ what: 'timeline', says: { en, ja } }]
  const bytes = await readSmall(where, timelineFile, longestManifestBytes).catch(unreadable)
  const timeline = timelineIn(bytes ?? Buffer.alloc(0))
  if (timeline === undefined)
    return says(
      'timeline.json cannot be read as a timeline',
      'timeline.json をタイムラインとして読み取れません',
    )
  const [first] = timeline
  // Its own hash holds an event only together with the one before it, so of a first one that has none anything could be said.
  if (first !== undefined && first.seq !== 1)
    return says(
      `timeline.json begins with event ${first.seq}: what came before is missing, and nothing proves what that event says`,
      `timeline.json がイベント ${first.seq} から始まっています。それより前がなく、このイベントの内容を証明できません`,
    )
  const broken = firstBreak(timeline)
  if (broken !== undefined)
    return says(
      `event ${broken.seq} of timeline.json does not follow from the one before it`,
      `timeline.json のイベント ${broken.seq} が直前のイベントとつながっていません`,
    )
  const head = timeline.at(-1)
  if (head?.seq !== read.head?.seq || !isSameDigest(head?.hash ?? '', read.head?.hash ?? ''))
    return says(
      'timeline.json does not end with the head of the manifest',
      'timeline.json の末尾がマニフェストの先頭ハッシュと異なります',
    )
  return [...logsProblems(timeline, read), ...recordingProblems(timeline, read)]
}

/**
 * Undefined where it is none, or not written in the one way there is: what the chain does not hold (a member that is there twice or that no
 * event has) is read by people all the same.
 */
function timelineIn(bytes: Buffer): readonly TimelineEvent[] | undefined {
  const events = parsedJson(bytes)
  if (!z.array(z.union([whole, redacted])).safeParse(events).success) return undefined
  return bytes.equals(Buffer.from(`${JSON.stringify(events, null, 1)}\n`))
    ? (events as readonly TimelineEvent[])
    : undefined
}

const event = { seq: z.number(), at: z.string(), type: z.string(), hash: z.string() }
const whole = z.strictObject({ ...event, by: z.unknown(), data: z.unknown(), salt: z.string() })
const redacted = z.strictObject({ ...event, body: z.string() })

/** Its difference to the manifest says so already. */
function unreadable(error: unknown): undefined {
  if (error instanceof Refused) throw error
}

function recordingProblems(timeline: readonly TimelineEvent[], { files }: Manifest): readonly Problem[] {
  return recordingsTold(timeline).flatMap(({ seq, path, sha256 }): readonly Problem[] => {
    const file = files.find((one) => one.path === path)
    if (file === undefined || isSameDigest(file.sha256, sha256)) return []
    const says = {
      en: `${path} is not the recording that event ${seq} tells of`,
      ja: `${path} がイベント ${seq} の記録と異なります`,
    }
    return [{ what: 'recording', path, says }]
  })
}

function logsProblems(timeline: readonly TimelineEvent[], { files }: Manifest): readonly Problem[] {
  const told = timeline.findLast(({ type }) => type === 'logs-kept')
  const { kept } = Object(told?.data) as { readonly kept?: KeptLogs }
  const logs = files.filter(({ path }) => path.startsWith('logs/'))
  if (told === undefined || kept === undefined || logs.length === 0) return []
  if (isSameDigest(digestOf(logsDigestText(logs)), kept.sha256)) return []
  return [
    {
      what: 'logs',
      says: {
        en: `the logs are not those that event ${told.seq} tells of`,
        ja: `ログがイベント ${told.seq} の記録と異なります`,
      },
    },
  ]
}

function isSameDigest(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
