/** What it takes to find the commit at which a check began to fail, on a small cluster of its own. */
import { probesFor } from '../domain/restore/bisect.ts'
import { nextSecond, noCluster } from '../test/restore/cluster.ts'
import { openLive } from '../test/restore/live-cluster.ts'
import type { Figure } from './figure.ts'

type After = {
  readonly seconds: number
  readonly probes: number
  readonly restores: number
  readonly clones: number
  readonly fails: { readonly commit: number }
}

export async function* measureBisect(): AsyncGenerator<Figure> {
  if (noCluster !== undefined) {
    process.stderr.write(`bisect: skipped (${noCluster})\n`)
    return
  }
  const live = await openLive()
  try {
    await live.sql('create table orders (id bigint)')
    await live.sql(`create procedure fill(n int) language plpgsql as $$
      begin for i in 1..n loop insert into orders values (i); commit; end loop; end $$`)
    await live.backup()
    await nextSecond()
    await live.commit('before')
    for (const commits of [100, 1_000, 10_000]) {
      await live.sql('truncate orders')
      await nextSecond()
      const good = new Date().toISOString()
      await live.sql(`call fill(${commits})`)
      const bad = new Date(Date.now() + 1).toISOString()
      await nextSecond()
      const first = Math.ceil(commits / 3)
      const checks = [
        { name: 'orders', sql: `select coalesce(max(id), 0) < ${first} from orders`, expect: true },
      ]
      const stepRun = `shodo-1/bisect-${commits}`
      const { done } = await live.carryOut('postgres.bisect', { checks, good, bad }, stepRun)
      const { seconds, probes, restores, clones, fails } = done.after as unknown as After
      if (fails.commit !== first) throw new Error(`found ${fails.commit} instead of ${first}`)
      const what = (name: string) => `bisect: ${name} for ${commits.toLocaleString('en')} commits`
      yield { what: what('copies restored'), value: restores, unit: 'copies', limit: 1 }
      yield { what: what('copies cloned'), value: clones, unit: 'copies', limit: probesFor(commits) }
      yield { what: what('looks'), value: probes, unit: 'looks', limit: probesFor(commits) }
      yield { what: what('time'), value: seconds, unit: 's' }
      await live.carryOut('postgres.discard-copy', {}, `${stepRun}-discard`)
    }
  } finally {
    await live.close()
  }
}
