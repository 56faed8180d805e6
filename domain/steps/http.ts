import { z } from 'zod'
import { duration } from '../duration.ts'
import { readKind } from './contract.ts'

const url = z.url({ protocol: /^https?$/ })

export const httpSteps = {
  'http.health': readKind({
    title: { ja: 'ヘルスチェック', en: 'Health check' },
    params: z.strictObject({ url, slowAfter: duration.default(1_000) }),
    finds: ['health-failing', 'slow-responses'],
  }),
  /** Asks until the service answered well `times` times in a row, or until `within` is over. */
  'http.healthy': readKind({
    title: { ja: '連続した正常応答の確認', en: 'Healthy several times over' },
    params: z.strictObject({
      url,
      times: z.number().int().min(1).max(50).default(5),
      within: duration.default(30_000),
      slowAfter: duration.default(1_000),
    }),
    finds: ['health-failing', 'slow-responses'],
  }),
}
