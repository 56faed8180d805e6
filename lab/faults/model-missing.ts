import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { podsOf } from '../shodo/rollout.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'
import { askHealth } from './health.ts'

const model = 'gyosho-2.safetensors'

export const modelMissing: Fault = {
  name: 'model-missing',
  description: 'a model file of the AI server is gone; a new pod downloads it again',
  async begin(lab) {
    const pods = (await podsOf(lab.cluster(), 'ai-server')).map((pod) => pod.metadata.uid)
    noteFault(lab.dir, 'model-missing', { pods })
    rmSync(join(lab.dir, 'exec', 'models', model), { force: true })
    await until(async () => (await askHealth(lab, 'ai-server'))?.code === 500, {
      what: 'the AI server to miss its model',
      withinMs: 10_000,
    })
  },
}
