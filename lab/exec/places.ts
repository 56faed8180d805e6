/** The containers that programs can be run in, and with which programs. Everything else does not exist there. */

/** Inside the root of kwok's own: where it looks every program up, whatever the container. */
export const programFolder = '/opt/lab/bin'
/** Inside it: the programs of each place. */
export const placesFolder = '/opt/lab/places'

export type PlaceName =
  | 'any'
  | 'backend'
  | 'ai-server'
  | 'postgres-primary'
  | 'postgres-replica'
  | 'redis-master'

export type Place = {
  readonly name: PlaceName
  /** Of these containers of the namespace shodo; without it of any container that no other place has. */
  readonly container?: string
  /** Of this pod alone. */
  readonly pod?: string
  readonly workDir: string
  /** Programs of the lab's own (programs/), by what they are called. */
  readonly own: Readonly<Record<string, string>>
}

/** What every container has, as far as the machine has it. */
export const ordinaryPrograms = [
  'sh',
  'cat',
  'ls',
  'grep',
  'head',
  'tail',
  'wc',
  'sed',
  'sleep',
  'date',
  'echo',
  'true',
  'false',
  'env',
  'netstat',
] as const

export const places: readonly Place[] = [
  { name: 'backend', container: 'backend', workDir: '/app', own: {} },
  { name: 'ai-server', container: 'ai-server', workDir: '/', own: { 'nvidia-smi': 'nvidia-smi.sh' } },
  { name: 'any', workDir: '/', own: {} },
]
