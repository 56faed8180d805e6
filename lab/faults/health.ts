import type { Lab } from '../lab.ts'
import { type Service, services } from '../shodo/services.ts'
import { until } from '../waiting.ts'

/** One question to the app; undefined when it does not answer in time. */
export async function askHealth(
  lab: Lab,
  service: Service['name'] = 'backend',
  withinMs = 3_000,
): Promise<{ code: number; tookMs: number; says: string } | undefined> {
  const began = performance.now()
  try {
    const response = await fetch(`${lab.appUrl}/health/${service}`, { signal: AbortSignal.timeout(withinMs) })
    const says = (await response.text()).trim()
    return { code: response.status, tookMs: performance.now() - began, says }
  } catch {
    return undefined
  }
}

/** Waits until each service answers well several times over: one good answer may be luck when some pods are broken. */
export async function allHealthy(lab: Lab): Promise<void> {
  for (const { name } of services) {
    await until(
      async () => {
        for (let i = 0; i < 4; i++) {
          const health = await askHealth(lab, name)
          if (health === undefined) throw new Error('no answer')
          const { code, tookMs, says } = health
          if (code !== 200 || tookMs > 1_000) throw new Error(`${code} in ${Math.round(tookMs)} ms: ${says}`)
        }
        return true
      },
      { what: `${name} to be healthy`, withinMs: 30_000 },
    )
  }
}

/** Waits until every service answers 503, each time. */
export async function allDown(lab: Lab, which: readonly Service['name'][]): Promise<void> {
  for (const name of which) {
    await until(async () => (await askHealth(lab, name))?.code === 503, {
      what: `${name} to be down`,
      withinMs: 30_000,
    })
  }
}
