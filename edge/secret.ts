import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { expects } from '../domain/expected.ts'
import type { Text } from '../domain/words.ts'

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
    .regex(/^[A-Za-z_]\w*$/, expects('the name of an environment variable', '環境変数名'))
    .optional(),
}

/**
 * Reads the secret again each time, so that a replaced one counts without a restart; `problem` never quotes it. Unlike the private
 * keys and tokens of client/private-file.ts its file may have any mode: Kubernetes mounts Secrets as 0644 or 0440 of root, in a container
 * that nobody else is in, and no rule of ours must refuse what works there.
 */
export async function readSecret(
  place: SecretPlace,
  env: Environment,
  leastBytes = secretLeastBytes,
): Promise<{ readonly secret: string } | { readonly problem: Text }> {
  const { secretFile, secretEnv } = place
  if (secretFile !== undefined) {
    try {
      return longEnough((await readFile(secretFile, 'utf8')).trim(), leastBytes, {
        en: `the file ${secretFile}`,
        ja: `ファイル ${secretFile}`,
      })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      return {
        problem: {
          en: `its secret cannot be read from the file ${secretFile} (${code})`,
          ja: `シークレットのファイル ${secretFile} を読み取れません（${code}）`,
        },
      }
    }
  }
  const value = secretEnv === undefined ? undefined : env[secretEnv]
  if (value === undefined)
    return {
      problem: {
        en: `its secret is not set in the environment (${secretEnv ?? '?'})`,
        ja: `シークレットの環境変数（${secretEnv ?? '?'}）がありません`,
      },
    }
  return longEnough(value.trim(), leastBytes, {
    en: `the environment variable ${secretEnv}`,
    ja: `環境変数 ${secretEnv}`,
  })
}

function longEnough(
  secret: string,
  leastBytes: number,
  where: Text,
): { readonly secret: string } | { readonly problem: Text } {
  if (Buffer.byteLength(secret) >= leastBytes) return { secret }
  return {
    problem: {
      en: `its secret in ${where.en} is shorter than ${leastBytes} bytes`,
      ja: `${where.ja} のシークレットが ${leastBytes} バイト未満です`,
    },
  }
}
