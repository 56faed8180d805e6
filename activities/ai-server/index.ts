import type { aiServerSteps } from '../../domain/steps/ai-server.ts'
import type { HandOf } from '../../domain/steps/contract.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { readGpus } from './gpu.ts'
import { readModels } from './models.ts'

type AiServerHands = { readonly [K in keyof typeof aiServerSteps]: HandOf<(typeof aiServerSteps)[K]> }

export function aiServerHands(kubernetes: Kubernetes): AiServerHands {
  return {
    'ai-server.gpu': (params, context) => readGpus(kubernetes, params, context),
    'ai-server.models': (params, context) => readModels(kubernetes, params, context),
  }
}
