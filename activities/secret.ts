import { readFile } from 'node:fs/promises'
import { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a secret stands; a settings file names the place, never the secret. */
export type SecretPlace = {
  readonly secretFile?: string | undefined
  readonly secretEnv?: string | undefined
}

export const secretLeastBytes = 16

/** The place of a secret as settings name it. */
export const secretPlace = {
  /** A file that holds the secret and nothing else. */
  secretFile: z.string().min(1).optional(),
  /** The environment variable that holds it. */
  secretEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable')
    .optional(),
}

/** Reads the secret anew each time, so that a replaced one counts without a restart; `problem` never quotes it. */
export async function readSecret(
  place: SecretPlace,
  env: Environment,
  leastBytes = secretLeastBytes,
): Promise<{ readonly secret: string } | { readonly problem: string }> {
  const { secretFile, secretEnv } = place
  if (secretFile !== undefined) {
    try {
      return longEnough((await readFile(secretFile, 'utf8')).trim(), leastBytes, `the file ${secretFile}`)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      return { problem: `its secret cannot be read from the file ${secretFile} (${code})` }
    }
  }
  const value = secretEnv === undefined ? undefined : env[secretEnv]
  if (value === undefined)
    return { problem: `its secret is not set in the environment (${secretEnv ?? '?'})` }
  return longEnough(value.trim(), leastBytes, `the environment variable ${secretEnv}`)
}

function longEnough(
  secret: string,
  leastBytes: number,
  where: string,
): { readonly secret: string } | { readonly problem: string } {
  if (Buffer.byteLength(secret) >= leastBytes) return { secret }
  return { problem: `its secret in ${where} is shorter than ${leastBytes} bytes` }
}
