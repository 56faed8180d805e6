import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the AI server serves; small, but real files. Each holds as many bytes of its own name. */
const models = { 'gyosho-2.safetensors': 262_144, 'kaisho-7.safetensors': 196_608, 'labels.json': 1_024 }

/**
 * The folder that the containers of the AI server see as /models. A pod's init step downloads what is not there, except for pods
 * that were there when a fault took a file away: `keepUp(pods, faults)` is to be told of both. `trouble()` names a model that could
 * not be loaded, undefined when all are there; `loaded()` says it of each.
 */
export function openModels(dir) {
  const folder = join(dir, 'exec', 'models')
  return { keepUp, trouble, loaded }

  function keepUp(pods, faults) {
    const without = faults['model-missing']?.pods ?? []
    const mine = [...pods.values()].filter(
      ({ metadata, spec }) => metadata.labels?.app === 'shodo-ai-server' && spec.nodeName,
    )
    if (mine.some(({ metadata }) => !without.includes(metadata.uid))) download()
  }

  function download() {
    mkdirSync(folder, { recursive: true })
    for (const [name, bytes] of Object.entries(models)) {
      const file = join(folder, name)
      if (existsSync(file)) continue
      const line = `${name}\n`
      writeFileSync(`${file}.part`, line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes))
      renameSync(`${file}.part`, file)
    }
  }

  function trouble() {
    return loaded().find(([, isLoaded]) => !isLoaded)?.[0]
  }

  function loaded() {
    return Object.keys(models).map((name) => [name, existsSync(join(folder, name))])
  }
}
