import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { configureMonitoring, monitoringFiles } from '../../lab/monitoring/config.ts'
import type { Site } from '../../lab/part.ts'
import { portsFrom } from '../../lab/ports.ts'
import { scratch } from '../scenarios/world.ts'

type Rule = {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly service?: string; readonly severity?: string; readonly symptom?: string }
  readonly annotations: Readonly<Record<string, string>>
}

describe('what the lab tells of itself', () => {
  const { groups } = parse(readFileSync('lab/monitoring/rules.yml', 'utf8')) as {
    groups: { rules: Rule[] }[]
  }
  const rules = groups.flatMap((group) => group.rules)

  it('every symptom of the runbook has a rule that names it, and no rule names another', async () => {
    const read = await readRunbook('runbooks/shodo.yaml', {})
    assert.ok('book' in read)
    // That data is lost shows in no figure: a check of the data, a drill or a person says it.
    const known = read.book.symptoms.flatMap(({ id }) => (id === 'data-lost' ? [] : [id])).toSorted()
    const named = new Set(rules.flatMap(({ labels }) => labels.symptom ?? []))
    assert.deepEqual([...named].toSorted(), known)
    for (const { alert, labels } of rules.filter((rule) => rule.labels.service !== undefined)) {
      const { service, symptom } = labels
      const its = read.book.symptoms.filter((one) => one.service === service).map(({ id }) => id)
      assert.ok(symptom === undefined || its.includes(symptom), `${alert}: ${service}/${symptom}`)
    }
  })

  it('every rule says how bad it is, in both languages', () => {
    for (const { alert, labels, annotations } of rules) {
      assert.ok(['critical', 'high', 'medium', 'low'].includes(labels.severity ?? ''), alert)
      assert.deepEqual(Object.keys(annotations), ['summary', 'description'], alert)
    }
  })

  it('a database that this machine lacks is not scraped', () =>
    scratch(async (dir) => {
      const site = { name: 'test', dir, ports: portsFrom(20_000), binaries: {}, data: dir, without: {} }
      const jobsWithout = (without: Site['without']) => {
        configureMonitoring({ ...site, without } as Site)
        const file = readFileSync(monitoringFiles(dir).prometheus, 'utf8')
        const { scrape_configs: jobs } = parse(file) as { scrape_configs: { job_name: string }[] }
        return jobs.map((job) => job.job_name)
      }
      const always = ['shodo', 'prometheus', 'kube-scheduler']
      const postgres = ['postgres-primary', 'postgres-replica']
      assert.deepEqual(jobsWithout({}), [...always, ...postgres, 'redis-master'])
      assert.deepEqual(jobsWithout({ postgres: 'none' }), [...always, 'redis-master'])
      assert.deepEqual(jobsWithout({ postgres: 'none', redis: 'none' }), always)
    }))
})
