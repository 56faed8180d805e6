/** Each program that is understood, and its reader. */
import { ab } from './ab.ts'
import { curl } from './curl.ts'
import { kubectl } from './kubectl.ts'
import { promtool } from './promtool.ts'
import { pgIsReady, psql } from './psql.ts'
import { open, quiet } from './quiet.ts'
import type { Program } from './reading.ts'
import { redisCli } from './redis-cli.ts'

export const programs: ReadonlyMap<string, Program> = new Map([
  ['ab', ab],
  ['clear', quiet],
  ['curl', curl],
  ['echo', quiet],
  ['kubectl', kubectl],
  ['open', open],
  ['pg_isready', pgIsReady],
  ['printf', quiet],
  ['promtool', promtool],
  ['psql', psql],
  ['redis-cli', redisCli],
  ['sleep', quiet],
  ['true', quiet],
  ['xdg-open', open],
])
