/** The requests of a smoke test: each has to be answered as it says, within the time that is left. */
import type { Finding } from '../../domain/steps/contract.ts'
import type { SmokeRequest } from '../../domain/steps/http.ts'
import type { Text } from '../../domain/words.ts'
import { pause, pulse } from '../pulse.ts'
import { answerWithinMs } from './health.ts'
import { type Probe, probe, shownUrl } from './probe.ts'
import { healthFailing, isGood, outcomeOf } from './verdict.ts'

const pauseMs = 500

export type SmokeTested = { readonly findings: readonly Finding[]; readonly passed: readonly string[] }

/** Every request is sent at least once. What has passed is not asked again. */
export async function smokeTested(
  requests: readonly SmokeRequest[],
  leftMs: () => number,
): Promise<SmokeTested> {
  const passed: string[] = []
  let left = requests
  for (;;) {
    const seen = await Promise.all(
      left.map(async (request) => ({ request, answer: await probe(request.url, answerWithinMs) })),
    )
    const failing = seen.flatMap(({ request, answer }) => {
      const problem = problemWith(request, answer)
      if (problem === undefined) passed.push(shownUrl(request.url))
      return problem === undefined ? [] : [{ request, answer, problem }]
    })
    pulse().beat({ smokeTest: requests.length, passed: passed.length })
    if (failing.length === 0) return { findings: [], passed }
    if (leftMs() <= pauseMs)
      return {
        findings: failing.map(({ request, answer, problem }) => failed(request, answer, problem)),
        passed,
      }
    await pause(pauseMs)
    left = failing.map(({ request }) => request)
  }
}

/** Undefined where it was answered as it says. */
function problemWith({ status, contains }: SmokeRequest, answer: Probe): Text | undefined {
  const isRight =
    status === undefined ? isGood(answer) : answer.kind === 'answered' && answer.status === status
  if (!isRight) {
    const outcome = outcomeOf(answer)
    if (answer.kind !== 'answered') return outcome
    const wanted = status === undefined ? '2xx' : String(status)
    return { en: `${outcome.en}, expected ${wanted}`, ja: `${outcome.ja}（期待: ${wanted}）` }
  }
  if (contains === undefined || (answer.kind === 'answered' && answer.excerpt.includes(contains)))
    return undefined
  return { en: `the answer does not contain "${contains}"`, ja: `応答に「${contains}」が含まれていません` }
}

function failed({ url }: SmokeRequest, answer: Probe, problem: Text): Finding {
  const address = shownUrl(url)
  const says = {
    en: `smoke test: ${address}: ${problem.en}`,
    ja: `スモークテスト: ${address}: ${problem.ja}`,
  }
  return healthFailing(url, says, answer)
}
