import { z } from 'zod'
import { webAddress } from '../address.ts'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { leasesIfPossible } from './kubernetes-needs.ts'
import { nothing } from './needs.ts'

const url = webAddress
/** A reading step has a minute, and the last answers may take their time. */
const mostMeasuredMs = 40_000

/** A request that has to be answered as it says: what a service does, where `health` tells that it is there. */
export const smokeRequest = z.strictObject({
  url,
  /** Any 2xx without it. */
  status: z.number().int().min(100).max(599).optional(),
  /** Stands in the first 2 KiB of the answer. */
  contains: z.string().min(1).max(200).optional(),
})
export type SmokeRequest = z.infer<typeof smokeRequest>

/** All of them are asked at once, and have the time of one. */
export const smokeTest = z.array(smokeRequest).min(1).max(10)

export const httpSteps = {
  'http.health': readKind({
    title: { ja: 'ヘルスチェック', en: 'Health check' },
    params: z.strictObject({ url, slowAfter: duration.default(1_000) }),
    byHand: ['slowAfter'],
    needs: nothing,
    finds: ['health-failing', 'slow-responses'],
  }),
  /**
   * Asks until the service answered well `times` times in a row, or until `within` is over; then, in what is left of it, until every request of
   * the smoke test is answered as it says.
   */
  'http.healthy': readKind({
    title: { ja: '連続した正常応答の確認', en: 'Healthy several times in a row' },
    awaits: true,
    tests: true,
    params: z.strictObject({
      url,
      times: z.number().int().min(1).max(50).default(5),
      within: duration.default(30_000),
      slowAfter: duration.default(1_000),
      smokeTest: smokeTest.optional(),
    }),
    heavy: () => true,
    byHand: ['times', 'within', 'slowAfter'],
    needs: nothing,
    finds: ['health-failing', 'slow-responses'],
  }),
  /** Asks at a steady pace and says how the times spread: one slow answer and slow answers are not the same. */
  'http.timings': readKind({
    title: { ja: 'レスポンスタイム測定', en: 'Response times' },
    params: z
      .strictObject({
        url,
        times: z.number().int().min(2).max(50).default(10),
        every: duration.default(1_000),
        slowAfter: duration.default(1_000),
      })
      .refine((p) => p.times * p.every <= mostMeasuredMs, {
        path: ['every'],
        error: expects(
          `at most ${mostMeasuredMs / 1_000} s in all (times × every)`,
          `合計 ${mostMeasuredMs / 1_000} 秒以下（times × every）`,
        ),
      }),
    heavy: () => true,
    byHand: ['times', 'every', 'slowAfter'],
    needs: nothing,
    finds: ['health-failing', 'slow-responses'],
  }),
  /**
   * It changes nothing and takes from the service what its users need: a sick one may fall over it. So people approve it as they
   * do what takes a pod away.
   */
  'http.load': changeKind({
    title: { ja: '負荷テスト（軽量版）', en: 'Load test (light)' },
    risk: 'disruptive',
    params: z
      .strictObject({
        url,
        requests: z.number().int().min(1).max(1_000).default(100),
        concurrency: z.number().int().min(1).max(50).default(10),
      })
      .refine((p) => p.concurrency <= p.requests, {
        path: ['concurrency'],
        error: expects('at most as many at a time as there are requests', 'リクエスト数以下の同時実行数'),
      }),
    byHand: ['requests', 'concurrency'],
    byVerifiedHand: ['url'],
    needs: { kubernetes: { needs: [], optional: [leasesIfPossible] } },
    finds: [],
    healthOf: ['url'],
    repairs: false,
    once: true,
    undo: (): Undo => ({
      irreversible: {
        ja: '送信済みのリクエストは取り消せません。',
        en: 'sent requests cannot be taken back.',
      },
    }),
  }),
}
