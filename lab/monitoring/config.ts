/** Prometheus and Alertmanager of a lab: what they scrape, when they alert, and whom they tell. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { podLabels, setsWith } from '../databases/statefulsets.ts'
import { LabError } from '../failure.ts'
import { packageRoot } from '../folders.ts'
import type { Site } from '../part.ts'

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

export function configureMonitoring(site: Site): void {
  const { dir, ports } = site
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
        { job_name: 'shodo', ...targetAt(ports.app) },
        { job_name: 'prometheus', ...targetAt(ports.prometheus) },
        scheduler(site),
        ...databases(site),
      ],
    }),
  )
  writeReceiver(dir, undefined)
}

function targetAt(port: number, labels: Readonly<Record<string, string>> = {}) {
  return { static_configs: [{ targets: [`127.0.0.1:${port}`], labels }] }
}

/** Of its hundreds of series those that say which pods find no node. Its certificate is made up at start. */
function scheduler({ ports }: Site) {
  const keep = { source_labels: ['__name__'], regex: 'scheduler_pending_pods', action: 'keep' }
  return {
    job_name: 'kube-scheduler',
    scheme: 'https',
    tls_config: { insecure_skip_verify: true },
    metric_relabel_configs: [keep],
    ...targetAt(ports.scheduler),
  }
}

/** What this machine has of them, each with the labels of its pod, as a service discovery would add them. */
function databases({ ports, without }: Site) {
  return setsWith(without).map((set) => ({
    job_name: set,
    metrics_path: `/metrics/${set}`,
    ...targetAt(ports.exporters, { instance: `${set}-0`, ...podLabels(set) }),
  }))
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
