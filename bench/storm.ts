/**
 * A storm of alerts over the door of Alertmanager, as the released worker and API take it. HIKESHI_STORM_SCALE makes it smaller:
 * with 0.1 there are a tenth of the alerts, on as many services.
 */

import { until } from '../lab/waiting.ts'
import { deskId } from '../wire/messages.ts'
import { type Figure, type Here, quantile } from './figure.ts'
import { memoryOf } from './released.ts'
import { type Alert, alertOn, alertsOn } from './storm/alerts.ts'
import { bareUpdates } from './storm/bare.ts'
import { servicesOf } from './storm/book.ts'
import { type Counted, counted, openIncidents, pictures, settled } from './storm/counted.ts'
import { footprint } from './storm/footprint.ts'
import { measureGoAlert } from './storm/goalert.ts'
import { type Sent, send } from './storm/send.ts'
import { openSite, type Site } from './storm/site.ts'

const scale = Number(process.env.HIKESHI_STORM_SCALE ?? 1)
const scaled = (count: number) => Math.max(50, Math.round(count * scale))
/** Alertmanager opens as many connections as it has groups to tell of; a process has its limit of open files. */
const burstConnections = 1_000
const withinMs = 900_000

export async function* measureStorm(here: Here): AsyncGenerator<Figure> {
  const site = await openSite(here)
  let ours = Number.NaN
  try {
    const atRest = memoryOf(site.worker).nowMib
    yield* await oneAtATime(site)
    yield* await burstOnManyServices(site)
    const taken = await intake(here, site)
    yield* taken.figures
    ours = taken.perSecond
    yield* await killed(site)
    yield* await bigBurst(site)
    yield { what: 'storm: worker at rest', value: atRest, unit: 'MiB', limit: 200 }
    yield { what: 'storm: worker, highest', value: memoryOf(site.worker).peakMib, unit: 'MiB', limit: 350 }
    yield { what: 'storm: API, highest', value: memoryOf(site.api()).peakMib, unit: 'MiB', limit: 120 }
  } finally {
    await site.close()
  }
  yield* measureGoAlert(scaled, { intake: ours })
}

/** Each alert opens an incident of its own, and the next one comes when that has its picture. */
async function oneAtATime(site: Site): Promise<readonly Figure[]> {
  const desk = await site.desk(20)
  const late: number[] = []
  for (const service of servicesOf(20)) {
    const before = site.pager.received.length
    const startMs = Date.now()
    await sendAll(site, desk, [alertOn(service)], 1)
    await until(async () => site.pager.received.length > before, waiting('the page', 5))
    late.push((site.pager.received[before]?.atMs ?? Number.NaN) - startMs)
    await settled(site.client, desk)
    await until(
      async () => pictures(await counted(site.client, desk, [])).every((ms) => ms > 0),
      waiting('pictures'),
    )
  }
  return [
    { what: 'one alert at a time: alert → page, p50', value: quantile(late, 0.5), unit: 'ms', limit: 200 },
    { what: 'one alert at a time: alert → page, max', value: Math.max(...late), unit: 'ms' },
  ]
}

/** All at once on 50 services: when is somebody called for each of them, and when can each be seen. */
async function burstOnManyServices(site: Site): Promise<readonly Figure[]> {
  const services = 50
  const desk = await site.desk(services)
  const alerts = alertsOn(services, scaled(500))
  const startMs = Date.now()
  const sending = sendAll(site, desk, alerts, alerts.length)
  const first = new Map<string, number>()
  const paged = async () => {
    for (const { key, atMs } of site.pager.received) {
      const [incident = ''] = key.split('/')
      if (incident.startsWith(`${desk}-`) && !first.has(incident)) first.set(incident, atMs - startMs)
    }
    return first.size >= services
  }
  await until(paged, waiting('the first page of each service'))
  const open = await sending.then(() => openIncidents(site.client, desk))
  const late = new Map<string, number>()
  for (const [incident, ms] of first) {
    const service = open[incident]?.service ?? ''
    late.set(service, Math.min(ms, late.get(service) ?? ms))
  }
  const name = `burst of ${alerts.length} on ${services} services`
  const missing = services - late.size
  const after = await counted(site.client, desk, alerts)
  await until(
    async () => pictures(await counted(site.client, desk, alerts)).every((ms) => ms > 0),
    waiting('pictures'),
  )
  const took = pictures(await counted(site.client, desk, alerts))
  return [
    { what: `${name}: first page, p50`, value: quantile([...late.values()], 0.5), unit: 'ms' },
    {
      what: `${name}: last service's first page`,
      value: Math.max(...late.values()),
      unit: 'ms',
      limit: 5_000,
    },
    { what: `${name}: services without a page`, value: missing, unit: 'services', limit: 0 },
    ...countedFigures(name, after),
    { what: `${name}: slowest picture`, value: Math.max(...took), unit: 'ms', limit: 5_000 },
  ]
}

/** As fast as 20 connections can. Beside it bare Temporal, so that the machine's own speed can be told. */
async function intake(
  here: Here,
  site: Site,
): Promise<{ readonly perSecond: number; readonly figures: readonly Figure[] }> {
  const desk = await site.desk(20)
  const alerts = alertsOn(20, scaled(2_000))
  const sent = await sendAll(site, desk, alerts, 20)
  const answeredMs = performance.now()
  const after = await counted(site.client, desk, alerts)
  const settledMs = performance.now() - answeredMs
  const desks = await footprint(site.client, [deskId(desk)])
  const incidents = await footprint(
    site.client,
    after.incidents.map(({ id }) => id),
  )
  const bare = await bareUpdates(here, alerts)
  const perSecond = intakeOf(alerts, sent)
  const name = `${alerts.length} alerts over 20 connections`
  const each = (what: string, value: number, unit: string): Figure => ({
    what: `${name}: ${what} per alert`,
    value: value / alerts.length,
    unit,
  })
  const figures = [
    { what: `${name}: intake`, value: perSecond, unit: 'alerts/s', least: 500 },
    { what: `bare Temporal: ${alerts.length} updates of one workflow`, value: bare, unit: 'updates/s' },
    { what: `${name}: intake against bare Temporal`, value: perSecond / bare, unit: 'ratio' },
    ...sentFigures(name, sent, 1_000),
    ...countedFigures(name, after),
    { what: `${name}: last answer → all incidents told`, value: settledMs, unit: 'ms' },
    each("desk's events", desks.events, 'events'),
    each("desk's bytes", desks.bytes, 'bytes'),
    each("incidents' events", incidents.events, 'events'),
    each("incidents' bytes", incidents.bytes, 'bytes'),
    { what: `${name}: runs of the desk`, value: desks.runs, unit: 'runs' },
  ]
  return { perSecond, figures }
}

/** The API dies in the middle, and the client sends again what was not answered. */
async function killed(site: Site): Promise<readonly Figure[]> {
  const desk = await site.desk(20)
  const alerts = alertsOn(20, scaled(1_000))
  let kill: Promise<void> | undefined
  const sent = await sendAll(site, desk, alerts, 20, (taken) => {
    if (taken >= alerts.length / 2) kill ??= site.killApi()
  })
  await kill
  const name = `${alerts.length} alerts, API killed in the middle`
  return [
    { what: `${name}: broken requests`, value: sent.broken, unit: 'requests' },
    ...countedFigures(name, await counted(site.client, desk, alerts)),
  ]
}

async function bigBurst(site: Site): Promise<readonly Figure[]> {
  const desk = await site.desk(20)
  const alerts = alertsOn(20, scaled(10_000))
  const sent = await sendAll(site, desk, alerts, burstConnections)
  const after = await counted(site.client, desk, alerts)
  const name = `burst of ${alerts.length}, ${Math.min(burstConnections, alerts.length)} at once`
  return [
    { what: `${name}: intake`, value: intakeOf(alerts, sent), unit: 'alerts/s' },
    ...sentFigures(name, sent),
    ...countedFigures(name, after),
  ]
}

function sendAll(
  site: Site,
  desk: string,
  alerts: readonly Alert[],
  connections: number,
  onTaken: (taken: number) => void = () => {},
): Promise<Sent> {
  const messages = alerts.map((alert) => site.toDoor(desk, alert))
  return send(messages, { connections, withinMs, onTaken })
}

function intakeOf(alerts: readonly Alert[], { untaken, tookMs }: Sent): number {
  return ((alerts.length - untaken) * 1_000) / tookMs
}

function sentFigures(name: string, sent: Sent, p99LimitMs?: number): readonly Figure[] {
  const { answersMs, refused, untaken } = sent
  const limit = p99LimitMs === undefined ? {} : { limit: p99LimitMs }
  return [
    { what: `${name}: answer p50`, value: quantile(answersMs, 0.5), unit: 'ms' },
    { what: `${name}: answer p99`, value: quantile(answersMs, 0.99), unit: 'ms', ...limit },
    { what: `${name}: answer max`, value: answersMs.reduce((a, b) => Math.max(a, b), 0), unit: 'ms' },
    { what: `${name}: answered 503`, value: refused, unit: 'answers', limit: 0 },
    { what: `${name}: never taken`, value: untaken, unit: 'alerts', limit: 0 },
  ]
}

function countedFigures(name: string, { lost, twice }: Counted): readonly Figure[] {
  return [
    { what: `${name}: lost`, value: lost, unit: 'alerts', limit: 0 },
    { what: `${name}: counted twice`, value: twice, unit: 'alerts', limit: 0 },
  ]
}

function waiting(what: string, everyMs = 250) {
  return { what, withinMs, everyMs }
}
