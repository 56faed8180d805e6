/** Prometheus and Alertmanager of a lab: what they scrape, when they alert, and whom they tell. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { LabError } from '../failure.ts'
import type { Site } from '../parts/part.ts'
import { packageRoot } from '../places.ts'

export type AlertReceiver = {
  /** Where Alertmanager posts to, such as the door of an API. */
  readonly url: string
  readonly token?: string
  /** Seconds, as short as the test needs them. */
  readonly groupWait?: string
  readonly groupInterval?: string
}

export function monitoringFiles(dir: string) {
  const folder = join(dir, 'monitoring')
  return {
    folder,
    prometheus: join(folder, 'prometheus.yml'),
    rules: join(folder, 'rules.yml'),
    alertmanager: join(folder, 'alertmanager.yml'),
    token: join(folder, 'receiver.token'),
  }
}

export function configureMonitoring({ dir, ports }: Site): void {
  const files = monitoringFiles(dir)
  mkdirSync(files.folder, { recursive: true, mode: 0o700 })
  writeFileSync(files.rules, readFileSync(join(packageRoot, 'lab', 'monitoring', 'rules.yml')))
  writeFileSync(
    files.prometheus,
    stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [files.rules],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
      scrape_configs: [
        { job_name: 'shodo', static_configs: [{ targets: [`127.0.0.1:${ports.app}`] }] },
        { job_name: 'prometheus', static_configs: [{ targets: [`127.0.0.1:${ports.prometheus}`] }] },
      ],
    }),
  )
  writeReceiver(dir, undefined)
}

/** Alertmanager posts there from now on; to nobody where none is named, so that no API of somebody else is told. */
export async function sendAlertsTo(
  { dir, ports, without }: Site,
  receiver: AlertReceiver | undefined,
): Promise<void> {
  if (without.alertmanager !== undefined)
    throw new LabError('this lab has no Alertmanager', without.alertmanager)
  writeReceiver(dir, receiver)
  const answer = await fetch(`http://127.0.0.1:${ports.alertmanager}/-/reload`, {
    method: 'POST',
    signal: AbortSignal.timeout(5_000),
  })
  if (!answer.ok) throw new LabError('Alertmanager refuses its settings', (await answer.text()).slice(0, 300))
}

function writeReceiver(dir: string, receiver: AlertReceiver | undefined): void {
  const files = monitoringFiles(dir)
  const { url, token, groupWait = '1s', groupInterval = '2s' } = receiver ?? {}
  if (token !== undefined) writeFileSync(files.token, token, { mode: 0o600 })
  const credentials = {
    ...(token === undefined ? {} : { authorization: { type: 'Bearer', credentials_file: files.token } }),
  }
  const webhook = { url, send_resolved: true, http_config: credentials }
  writeFileSync(
    files.alertmanager,
    stringify({
      route: {
        receiver: 'hikeshi',
        group_by: ['service', 'symptom'],
        group_wait: groupWait,
        group_interval: groupInterval,
        repeat_interval: '1h',
      },
      receivers: [{ name: 'hikeshi', ...(url === undefined ? {} : { webhook_configs: [webhook] }) }],
    }),
  )
}
