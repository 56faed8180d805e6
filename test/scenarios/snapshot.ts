/** The world that a runbook changes, without what passes by itself: names of pods, times, counters, and marks that hikeshi leaves. */
import { createHash } from 'node:crypto'
import type { Lab } from '../../lab/index.ts'

type Template = { metadata?: { labels?: object; annotations?: Record<string, string> }; spec: object }
type Workload = {
  metadata: { name: string }
  spec: { replicas: number; paused?: boolean; template: Template }
}

export type Snapshot = Readonly<Record<string, unknown>>

export async function snapshot(lab: Lab): Promise<Snapshot> {
  const [deployments, statefulSets, postgres, redis] = await Promise.all([
    workloads(lab, 'deployments'),
    workloads(lab, 'statefulsets'),
    lab.without.postgres === undefined ? postgresOf(lab) : undefined,
    lab.without.redis === undefined ? redisOf(lab) : undefined,
  ])
  return { deployments, statefulSets, postgres, redis }
}

async function workloads(lab: Lab, kind: string) {
  const { items } = await lab.cluster().get<{ items: Workload[] }>(`/apis/apps/v1/namespaces/shodo/${kind}`)
  const restarts = 'kubectl.kubernetes.io/restartedAt'
  return items.map(({ metadata: { name }, spec: { replicas, paused = false, template } }) => {
    const marks = Object.entries(template.metadata?.annotations ?? {})
    const annotations = Object.fromEntries(
      marks.filter(([key]) => key !== restarts && !key.startsWith('hikeshi.')),
    )
    return { name, replicas, paused, labels: template.metadata?.labels, annotations, pods: template.spec }
  })
}

const settings = `select name, setting from pg_settings
  where source not in ('default', 'session', 'client') and name not like '%time%' order by name`
const works = "select string_agg(works::text, ',' order by id) as works from works"

async function postgresOf(lab: Lab) {
  const { primary, replica } = lab.databases
  const hash = (text: unknown) => createHash('sha256').update(String(text)).digest('hex')
  const [rows] = await primary(works)
  const [copied] = await replica(works)
  const streaming = await primary(
    "select application_name from pg_stat_replication where state = 'streaming'",
  )
  return {
    settings: await primary(settings),
    roles: await primary("select rolname, rolsuper from pg_roles where rolname !~ '^pg_' order by 1"),
    works: hash(rows?.works),
    worksOnReplica: hash(copied?.works),
    streaming,
  }
}

function redisOf(lab: Lab) {
  return lab.databases.redis(async (redis) => ({
    maxmemory: await redis.config('GET', 'maxmemory'),
    policy: await redis.config('GET', 'maxmemory-policy'),
    appendonly: await redis.config('GET', 'appendonly'),
  }))
}
