/** What a bundle of evidence says of itself: every file with size and SHA-256, and the timeline's head that it belongs to. */
import { z } from 'zod'
import { expects } from '../expected.ts'
import { hasInvisible } from '../invisible.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import { text } from '../words.ts'

export const manifestFile = 'MANIFEST.json'
export const signatureFile = 'MANIFEST.json.sig'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, expects('64 hex digits', '16 進数 64 桁'))
/** Below the bundle's folder, and nowhere else; a line break in one would be two of them in `logsDigestText`. */
export const bundlePath = z
  .string()
  .max(1_000)
  .refine(
    (given) =>
      given.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
      !/[\\\n\t]/.test(given) &&
      !hasInvisible(given),
    expects('a path inside the bundle', 'バンドル内のパス'),
  )

export const manifest = z.strictObject({
  format: z.literal('hikeshi-evidence-1'),
  /** `shodo-42`; of logs alone the runbook they were read by. */
  of: z.string().max(100),
  madeAt: z.iso.datetime(),
  by: z.string().max(200),
  /** What the timeline ends with; missing where the bundle is of no incident. */
  head: z.strictObject({ seq: z.number().int().min(0), hash: sha256 }).optional(),
  /** Who said how the story stands (domain/timeline/whole.ts). */
  source: z.enum(['running', 'over', 'archive']).optional(),
  /** Of which time the logs are, where somebody asked for a time. */
  between: z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() }).optional(),
  /** Secrets that were taken out. */
  masked: z.number().int().min(0),
  /** What should be here and is not, and why. */
  missing: z.array(text).readonly(),
  files: z.array(z.strictObject({ path: bundlePath, bytes: z.number().int().min(0), sha256 })).readonly(),
})
export type Manifest = z.infer<typeof manifest>
export type BundleFile = Manifest['files'][number]

export const manifestSignature = z.strictObject({
  by: z.string().max(200),
  at: z.iso.datetime(),
  /** The public key, SPKI in base64url: to be compared with one that is known, never to be trusted for lying here. */
  key: z.string().max(200),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{86}$/, expects('an Ed25519 signature in base64url', 'base64url の Ed25519 署名')),
})
export type ManifestSignature = z.infer<typeof manifestSignature>

/** The text that is signed; `sha256` is of the manifest's bytes. */
export function manifestText({
  sha256: digest,
  by,
  at,
}: Pick<ManifestSignature, 'by' | 'at'> & { readonly sha256: string }): string {
  return `hikeshi-evidence-v1\n${canonicalJson({ sha256: digest, by, at })}`
}

/** One digest over logs: what stands in the timeline of how they were when the incident ended. */
export function logsDigestText(files: readonly Pick<BundleFile, 'path' | 'sha256'>[]): string {
  return files
    .map(({ path, sha256 }) => `${path} ${sha256}\n`)
    .toSorted()
    .join('')
}
