import { z } from 'zod'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { plainLine } from '../../edge/plain-text.ts'
import type { Connections } from '../connections-file.ts'
import { askPrometheus } from './client.ts'
import { labels } from './labels.ts'

const found = 50

const targets = z.object({
  activeTargets: z.array(
    z.object({
      labels,
      health: z.enum(['up', 'down', 'unknown']),
      lastError: z.string().default(''),
      lastScrape: z.string().default(''),
    }),
  ),
})
type Target = z.infer<typeof targets>['activeTargets'][number]

/** `up` of every target, with the error of its last scrape. A target that was not scraped yet is not down. */
export async function readTargets(
  connections: Connections,
  { connection }: { readonly connection: string },
): Promise<Reading> {
  const { data, warnings } = await askPrometheus(
    connections,
    connection,
    '/api/v1/targets?state=active',
    {},
    targets,
  )
  const { activeTargets } = data
  const down = activeTargets.filter((target) => target.health === 'down')
  return {
    facts: {
      connection,
      targets: activeTargets.length,
      up: activeTargets.filter((target) => target.health === 'up').length,
      down: down.length,
      unknown: activeTargets.filter((target) => target.health === 'unknown').length,
    },
    findings: down.slice(0, found).map(targetDown),
    ...(down.length > found || warnings.length > 0 ? { partial: true } : {}),
    text: [...down, ...activeTargets.filter((target) => target.health !== 'down')]
      .slice(0, 200)
      .map((target) => `${target.health.padEnd(7)}  ${nameOf(target)}`)
      .join('\n'),
  }
}

function targetDown(target: Target): Finding {
  const name = nameOf(target)
  const error = plainLine(target.lastError, 200)
  return {
    code: 'target-down',
    subject: `target/${name}`,
    says: { en: `Prometheus cannot scrape ${name}`, ja: `Prometheus が ${name} を取得できません` },
    evidence: [`up{${name}} = 0${error === '' ? '' : `: ${error}`}`],
    data: { job: target.labels.job ?? null, instance: target.labels.instance ?? null },
  }
}

function nameOf({ labels: { job = '?', instance = '?' } }: Target): string {
  return `${job}/${instance}`
}
