import { z } from 'zod'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { name } from '../names.ts'
import { readKind } from './contract.ts'
import { nothing } from './needs.ts'

/** The name of a Prometheus in the connections file of the cluster's workers. */
const connection = name.default('prometheus')
const query = z.string().min(1).max(4_000)
/** How many series are shown; of more the number is said. */
const series = z.number().int().min(1).max(100).default(20)
const mostPoints = 500

export const prometheusSteps = {
  'prometheus.query': readKind({
    title: { ja: 'PromQL の現在値', en: 'A PromQL query, now' },
    params: z.strictObject({ connection, query, series }),
    byHand: ['series'],
    needs: nothing,
    finds: [],
  }),
  /** Of each series its least, its greatest and its last value over the time before now. */
  'prometheus.range': readKind({
    title: { ja: 'PromQL の推移', en: 'A PromQL query over time' },
    params: z
      .strictObject({
        connection,
        query,
        series,
        last: duration.pipe(z.number().min(1_000)).default(3_600_000),
        every: duration.pipe(z.number().min(1_000)).default(60_000),
      })
      .refine((p) => p.last / p.every <= mostPoints, {
        path: ['every'],
        error: expects(`at most ${mostPoints} points (last / every)`, `${mostPoints} 点以下（last ÷ every）`),
      }),
    byHand: ['series', 'last', 'every'],
    needs: nothing,
    finds: [],
  }),
  'prometheus.targets': readKind({
    title: { ja: '監視対象の死活（up）', en: 'Target health (up)' },
    params: z.strictObject({ connection }),
    byHand: [],
    needs: nothing,
    finds: ['target-down'],
  }),
  'prometheus.alerts': readKind({
    title: { ja: '発火中のアラート', en: 'Firing alerts' },
    params: z.strictObject({
      connection,
      /** Alerts that fire as a sign of life. */
      except: z.array(z.string().max(200)).max(50).default(['Watchdog', 'InfoInhibitor']),
    }),
    byHand: ['except'],
    needs: nothing,
    finds: ['alert-firing'],
  }),
}
