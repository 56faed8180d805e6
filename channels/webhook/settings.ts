import { z } from 'zod'
import { webAddress } from '../../domain/address.ts'
import { expects } from '../../domain/expected.ts'
import { secretPlace } from '../../edge/secret.ts'
import { hasOpenPort } from './blocked-ports.ts'

const openPort = expects(
  'another port: HTTP clients block those of other protocols, such as 6000, 6667 or 10080',
  '別のポート（6000、6667、10080 など、他のプロトコルのポートは HTTP クライアントが遮断します）',
)

export const webhookSettings = z
  .strictObject({
    kind: z.literal('webhook'),
    /** The signature says who sends. */
    url: webAddress.refine(hasOpenPort, openPort),
    ...secretPlace,
    /** Below the activity's own limit of 10 s, so that the worker and not the server says what happened. */
    timeoutMs: z.number().int().min(100).max(8_000).default(5_000),
  })
  .refine((s) => (s.secretFile === undefined) !== (s.secretEnv === undefined), {
    error: expects('either secretFile or secretEnv', 'secretFile か secretEnv のどちらか一方'),
  })

export type WebhookSettings = z.infer<typeof webhookSettings>
