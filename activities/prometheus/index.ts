import type { HandOf } from '../../domain/steps/contract.ts'
import type { countSteps } from '../../domain/steps/count.ts'
import type { prometheusSteps } from '../../domain/steps/prometheus.ts'
import type { Connections } from '../connections-file.ts'
import { readAlerts } from './alerts.ts'
import { readCount } from './count.ts'
import { readQuery, readRange } from './query.ts'
import { readTargets } from './targets.ts'

type PrometheusSteps = typeof prometheusSteps & Pick<typeof countSteps, 'prometheus.count'>
type PrometheusHands = { readonly [K in keyof PrometheusSteps]: HandOf<PrometheusSteps[K]> }

export function prometheusHands(connections: Connections): PrometheusHands {
  return {
    'prometheus.query': (params) => readQuery(connections, params),
    'prometheus.range': (params) => readRange(connections, params),
    'prometheus.targets': (params) => readTargets(connections, params),
    'prometheus.count': (params, context) => readCount(connections, params, context),
    'prometheus.alerts': (params) => readAlerts(connections, params),
  }
}
