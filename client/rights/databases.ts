/** What the roles of PostgreSQL and the users of Redis need that runbooks sign in with, in the words that give it. */
import { connectionsUsed, type UsedConnection } from '../../domain/runbook/connections-used.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { kindOf, needsOf } from '../../domain/steps/catalogue.ts'
import { grantSql, needsTogether, type Optional, redisRule } from '../../domain/steps/needs.ts'
import type { Text } from '../../domain/words.ts'

/** `why` stands beside a line that steps can do without. */
export type Line = { readonly line: string; readonly why?: Text }

export type Login = {
  readonly connection: string
  readonly steps: readonly string[]
  readonly lines: readonly Line[]
}

/** Name of the role, and of the user. */
const login = 'hikeshi'

export function loginsFor(
  books: readonly Runbook[],
  system: 'postgres' | 'redis',
  least: boolean,
): readonly Login[] {
  return connectionsOf(books, system).map(({ name, steps }) => ({
    connection: name,
    steps,
    lines: system === 'postgres' ? grantsFor(steps, least) : [{ line: aclFor(steps, least) }],
  }))
}

/** Several runbooks reach one server by one name. */
function connectionsOf(books: readonly Runbook[], system: 'postgres' | 'redis'): readonly UsedConnection[] {
  const used = books.flatMap(connectionsUsed).filter((each) => each.system === system)
  return [...new Set(used.map(({ name }) => name))].sort().map((name) => {
    const steps = used.flatMap((each) => (each.name === name ? each.steps : []))
    return { system, name, steps: [...new Set(steps)].sort() }
  })
}

export function grantsFor(steps: readonly string[], least: boolean): readonly Line[] {
  const { needs, optional } = needsTogether(needsOf(steps).map(({ postgres }) => postgres))
  const line = (grant: (typeof needs)[number]) => `${grantSql(grant, login)};`
  return [
    ...(asksReplica(steps)
      ? [{ line: `-- a replica has the roles of its primary: make ${login} there` }]
      : []),
    { line: `create role ${login} login;` },
    ...needs.map((grant) => ({ line: line(grant) })),
    ...optionalOf(optional, least).map(({ each, without }) => ({ line: line(each), why: without })),
  ]
}

function asksReplica(steps: readonly string[]): boolean {
  return steps.some((step) => kindOf(step)?.needs.postgres?.server === 'replica')
}

/**
 * One line for redis-cli. What the doctor asks Redis' rules with is in it. Commands on keys stand in selectors of their own: together with
 * the pattern of another one, a command that writes our own keys would write every key.
 */
export function aclFor(steps: readonly string[], least: boolean): string {
  const { needs, optional } = needsTogether(needsOf([...steps, 'redis.access']).map(({ redis }) => redis))
  const rules = [...needs, ...optionalOf(optional, least).map(({ each }) => each)].map(redisRule)
  const commandsOn = (pattern: string | undefined) => [
    ...new Set(rules.filter(({ keys }) => keys === pattern).map(({ command }) => command)),
  ]
  const patterns = [...new Set(rules.flatMap(({ keys }) => keys ?? []))]
  const selectors = patterns.map((pattern) => `(${[pattern, ...commandsOn(pattern)].join(' ')})`)
  return ['ACL SETUSER', login, 'reset', 'on', '>SECRET', ...commandsOn(undefined), ...selectors].join(' ')
}

function optionalOf<What>(optional: readonly Optional<What>[], least: boolean) {
  if (least) return []
  return optional.flatMap(({ what, without }) => what.map((each) => ({ each, without })))
}
