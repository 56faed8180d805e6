import type { HandOf } from '../../domain/steps/contract.ts'
import type { httpSteps } from '../../domain/steps/http.ts'
import { readHealth } from './health.ts'
import { readHealthy } from './healthy.ts'
import { loadHand } from './load.ts'
import { readTimings } from './timings.ts'

type HttpHands = { readonly [K in keyof typeof httpSteps]: HandOf<(typeof httpSteps)[K]> }

export function httpHands(): HttpHands {
  return {
    'http.health': readHealth,
    'http.healthy': readHealthy,
    'http.timings': readTimings,
    'http.load': loadHand(),
  }
}
