import { z } from 'zod'

export const logSettings = z.strictObject({
  kind: z.literal('log'),
  /** Appended to, made when it is not there; without it the lines go to standard output. */
  file: z.string().min(1).optional(),
})

export type LogSettings = z.infer<typeof logSettings>
