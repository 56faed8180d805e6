/** The same storm against GoAlert, where its binary is on the PATH. Read on its own figures: it pages five messages every five seconds. */
import { until } from '../../lab/waiting.ts'
import { type Figure, quantile } from '../figure.ts'
import { type GoAlert, missingGoAlert, openGoAlert } from './goalert-site.ts'
import { type Message, type Sent, send } from './send.ts'

const postgres = process.env.HIKESHI_BENCH_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432'
const services = 50
const alone = 10
const withinMs = 600_000

export async function* measureGoAlert(
  scaled: (count: number) => number,
  ours: { readonly intake: number },
): AsyncGenerator<Figure> {
  const missing = await missingGoAlert(postgres)
  if (missing !== undefined) {
    process.stderr.write(`left out: the storm against GoAlert (${missing})\n`)
    return
  }
  const goalert = await openGoAlert(postgres, services)
  try {
    yield* await oneAtATime(goalert)
    yield* await burst(goalert, scaled(500))
    const [alerts, many] = [scaled(2_000), scaled(10_000)]
    const sent = await sendAll(alertsOn(goalert, 20, alerts), 20)
    const theirs = rate(alerts, sent)
    yield { what: `GoAlert: ${alerts} alerts over 20 connections: intake`, value: theirs, unit: 'alerts/s' }
    yield { what: 'GoAlert: answer p99', value: quantile(sent.answersMs, 0.99), unit: 'ms' }
    yield { what: 'our intake against that of GoAlert', value: ours.intake / theirs, unit: 'ratio', least: 1 }
    const burstSent = await sendAll(alertsOn(goalert, 20, many), 1_000)
    yield { what: `GoAlert: burst of ${many}: intake`, value: rate(many, burstSent), unit: 'alerts/s' }
    yield {
      what: `GoAlert: burst of ${many}: answer p99`,
      value: quantile(burstSent.answersMs, 0.99),
      unit: 'ms',
    }
    yield { what: `GoAlert: burst of ${many}: answered 503`, value: burstSent.refused, unit: 'answers' }
  } finally {
    await goalert.close()
  }
}

async function oneAtATime(goalert: GoAlert): Promise<readonly Figure[]> {
  const late: number[] = []
  for (let service = 1; service <= alone; service += 1) {
    const [startMs, before] = [Date.now(), goalert.paged(service).length]
    await sendAll([goalert.alert(service, `alone ${service}`)], 1)
    await until(async () => goalert.paged(service).length > before, {
      what: 'its page',
      withinMs,
      everyMs: 5,
    })
    late.push((goalert.paged(service)[before] ?? Number.NaN) - startMs)
  }
  return [{ what: 'GoAlert: one alert at a time: alert → page, p50', value: quantile(late, 0.5), unit: 'ms' }]
}

async function burst(goalert: GoAlert, count: number): Promise<readonly Figure[]> {
  const all = Array.from({ length: services }, (_, i) => i + 1)
  const startMs = Date.now()
  const firsts = () => all.flatMap((service) => goalert.paged(service).find((ms) => ms > startMs) ?? [])
  await sendAll(alertsOn(goalert, services, count), count)
  await until(async () => firsts().length === services, { what: 'a page for each service', withinMs })
  const late = firsts().map((ms) => ms - startMs)
  const name = `GoAlert: burst of ${count} on ${services} services`
  return [
    { what: `${name}: first page, p50`, value: quantile(late, 0.5), unit: 'ms' },
    { what: `${name}: last service's first page`, value: Math.max(...late), unit: 'ms' },
  ]
}

let made = 0

function alertsOn(goalert: GoAlert, on: number, count: number): readonly Message[] {
  return Array.from({ length: count }, (_, i) => {
    made += 1
    return goalert.alert((i % on) + 1, `alert ${made}`)
  })
}

function sendAll(messages: readonly Message[], connections: number): Promise<Sent> {
  return send(messages, { connections, withinMs })
}

function rate(count: number, { untaken, tookMs }: Sent): number {
  return ((count - untaken) * 1_000) / tookMs
}
