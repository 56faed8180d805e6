/** Messages as Alertmanager sends them, each about a group of its own. */
import { alertmanagerMessage, hearAlertmanager } from '../../client/doors/alertmanager/alertmanager.ts'
import { servicesOf } from './book.ts'

export type Alert = {
  readonly service: string
  /** The group as the desk knows it. */
  readonly group: string
  readonly body: string
}

let made = 0

/** `count` groups with one alert that fires, one service after the other. */
export function alertsOn(services: number, count: number): readonly Alert[] {
  const names = servicesOf(services)
  return Array.from({ length: count }, (_, i) => alertOn(names[i % names.length] ?? ''))
}

export function alertOn(service: string): Alert {
  made += 1
  const labels = { alertname: 'ManyErrors', service, severity: 'high', instance: `10.0.0.1:${made}` }
  const startsAt = new Date().toISOString()
  const body = {
    version: '4',
    groupKey: `{}/{}:{alertname="ManyErrors", instance="${labels.instance}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'hikeshi',
    groupLabels: { alertname: labels.alertname, instance: labels.instance },
    commonLabels: labels,
    commonAnnotations: { summary: '5xx が多い' },
    externalURL: 'http://alertmanager:9093',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: { summary: '5xx が多い' },
        startsAt,
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus:9090/graph',
        fingerprint: made.toString(16).padStart(16, '0'),
      },
    ],
  }
  const { heard } = hearAlertmanager(alertmanagerMessage.parse(body), {}, 'alertmanager')
  return { service, group: heard[0]?.group ?? '', body: JSON.stringify(body) }
}
