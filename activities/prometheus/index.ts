import type { HandOf } from '../../domain/steps/contract.ts'
import type { prometheusSteps } from '../../domain/steps/prometheus.ts'
import type { Connections } from '../connections-file.ts'
import { readAlerts } from './alerts.ts'
import { readQuery, readRange } from './query.ts'
import { readTargets } from './targets.ts'

type PrometheusHands = { readonly [K in keyof typeof prometheusSteps]: HandOf<(typeof prometheusSteps)[K]> }

export function prometheusHands(connections: Connections): PrometheusHands {
  return {
    'prometheus.query': (params) => readQuery(connections, params),
    'prometheus.range': (params) => readRange(connections, params),
    'prometheus.targets': (params) => readTargets(connections, params),
    'prometheus.alerts': (params) => readAlerts(connections, params),
  }
}
