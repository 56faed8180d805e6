import { z } from 'zod'
import { placeOf } from '../../domain/alert/labels.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { excerptOf, plainLine } from '../../edge/plain-text.ts'
import type { Connections } from '../connections-file.ts'
import { askPrometheus, warns } from './client.ts'
import { labels, labelText } from './labels.ts'

type Params = { readonly connection: string; readonly except: readonly string[] }

const found = 50
const textBytes = 16_384

const alerts = z.object({
  alerts: z.array(
    z.object({
      labels,
      annotations: labels.default({}),
      state: z.enum(['pending', 'firing', 'inactive']),
      activeAt: z.string().default(''),
      value: z.string().default(''),
    }),
  ),
})
type Alert = z.infer<typeof alerts>['alerts'][number]

/** The alerts of Prometheus' own rules. Silences and routes are Alertmanager's, and not looked at. */
export async function readAlerts(connections: Connections, { connection, except }: Params): Promise<Reading> {
  const { data, warnings } = await askPrometheus(connections, connection, '/api/v1/alerts', {}, alerts)
  const all = data.alerts.filter((alert) => !except.includes(alert.labels.alertname ?? ''))
  const firing = all.filter((alert) => alert.state === 'firing')
  return {
    facts: {
      connection,
      firing: firing.length,
      pending: all.filter((alert) => alert.state === 'pending').length,
    },
    findings: firing.slice(0, found).map(alertFiring),
    ...(firing.length > found || warnings.length > 0 ? { partial: true } : {}),
    text: excerptOf(
      [
        ...warnings.map(warns),
        ...[...firing, ...all.filter((alert) => alert.state === 'pending')]
          .slice(0, 100)
          .map(
            (alert) => `${alert.state.padEnd(7)}  ${labelText(alert.labels)}  ${plainLine(alert.value, 40)}`,
          ),
      ],
      textBytes,
    ),
  }
}

function alertFiring(alert: Alert): Finding {
  const { alertname = 'alert' } = alert.labels
  const summary = alert.annotations.summary ?? alert.annotations.description
  const value = `${labelText(alert.labels)} = ${plainLine(alert.value, 40)}`
  const about = summary === undefined ? '' : `: ${summary}`
  return {
    code: 'alert-firing',
    subject: `alert/${labelText({ ...alert.labels, __name__: alertname })}`,
    says: { en: `Alert ${alertname} is firing${about}`, ja: `アラート ${alertname} が発火中${about}` },
    evidence: [
      {
        en: `${value}, since ${plainLine(alert.activeAt, 40)}`,
        ja: `${value}、${plainLine(alert.activeAt, 40)} から`,
      },
    ],
    // Only the runbook can say whose that is: an alert of another service proposes nothing here.
    data: { alertname, value: plainLine(alert.value, 40), place: placeOf(alert.labels) },
  }
}
