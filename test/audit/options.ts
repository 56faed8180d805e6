/** `npm run test:audit -- …` */
import { parseArgs } from 'node:util'
import { present } from '../../domain/present.ts'

export type Options = {
  readonly seeds: readonly number[]
  readonly incidents: number
  readonly kills: number
  readonly keepHistories?: string
}

export const usage = `usage: npm run test:audit -- [--seeds 20 | --seed N] [--incidents 24] [--kills 10] [--keep-histories DIR]
  --seeds N             seeds 1 to N, one world and one storm each
  --seed N              this seed alone
  --incidents N         reports of people in each
  --kills N             kill -9 of workers and of Temporal, one every 2.5 s
  --keep-histories DIR  where the histories of what was found faulty are laid`

export function optionsFrom(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '20' },
      seed: { type: 'string' },
      incidents: { type: 'string', default: '24' },
      kills: { type: 'string', default: '10' },
      'keep-histories': { type: 'string' },
    },
  })
  const keepHistories = values['keep-histories']
  return {
    seeds:
      values.seed === undefined
        ? Array.from({ length: whole('--seeds', values.seeds) }, (_, i) => i + 1)
        : [whole('--seed', values.seed)],
    incidents: whole('--incidents', values.incidents),
    kills: whole('--kills', values.kills),
    ...present({ keepHistories }),
  }
}

function whole(name: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new Error(`${name}: expected a whole number from 1 on, got "${value}"`)
  return Number(value)
}
