/**
 * What a change will send, sent so that it changes nothing. What this server or this user is kept from shows before people are asked:
 * managed services have no CONFIG, packagers switch FLUSHDB off, a user of its own lacks a right.
 */
import { refuse } from '../refusal.ts'
import { codeOf, isAnswer, isCommandRefused, saysOf } from './answer.ts'
import type { Redis } from './client.ts'

type Words = readonly [string, ...string[]]

/** The answer of refusal to a command that is not meant to succeed; undefined when it did. */
async function answerTo(redis: Redis, [name, ...args]: Words): Promise<Error | undefined> {
  try {
    await redis.call(name, ...args)
    return undefined
  } catch (error) {
    if (isAnswer(error)) return error
    throw error
  }
}

async function refuseUnlessTaken(redis: Redis, connection: string, command: Words, shown: string) {
  const answer = await answerTo(redis, command)
  if (answer !== undefined && isCommandRefused(answer))
    refuse('command-missing', { connection, command: shown, reason: saysOf(answer) })
  return answer
}

/** CONFIG SET of a setting that no Redis has, and a key that is refused for its end or was never there. */
export async function rehearseSetting(redis: Redis, connection: string, key: string): Promise<void> {
  const answer = await refuseUnlessTaken(
    redis,
    connection,
    ['CONFIG', 'SET', 'hikeshi-no-such-setting', '1'],
    'CONFIG SET',
  )
  // Only who looked for the setting let us in; a proxy may refuse in words of its own.
  if (
    answer !== undefined &&
    !/unknown option|unsupported config parameter|number of arguments/i.test(saysOf(answer))
  )
    refuse('command-missing', { connection, command: 'CONFIG SET', reason: saysOf(answer) })
  await refuseUnlessTaken(redis, connection, ['SET', key, '1', 'EX', '0'], 'SET')
  await refuseUnlessTaken(redis, connection, ['DEL', key], 'DEL')
}

/** The whole transaction of a flush but its EXEC, on a connection of its own whose end gives it up. `oom` where it is too full to queue one. */
export async function rehearseFlush(
  redis: Redis,
  connection: string,
  marker: string,
): Promise<{ readonly oom: boolean }> {
  const before: readonly Words[] = [
    ['WATCH', marker],
    ['GET', marker],
    ['EXISTS', marker],
    ['EXEC'],
    ['MULTI'],
  ]
  const queued: readonly Words[] = [['DBSIZE'], ['FLUSHDB', 'ASYNC'], ['SET', marker, '1', 'EX', '1']]
  let oom = false
  for (const command of [...before, ...queued]) {
    const [name] = command
    const answer = await refuseUnlessTaken(redis, connection, command, name)
    // Without its transaction a FLUSHDB is carried out.
    if (name === 'MULTI' && answer !== undefined) throw answer
    oom ||= answer !== undefined && codeOf(answer) === 'OOM'
  }
  return { oom }
}

/** Whether scripts may be run, by which a server is emptied that is too full for a transaction. */
export async function rehearseScript(redis: Redis, connection: string): Promise<void> {
  await refuseUnlessTaken(redis, connection, ['EVAL', 'return 1', '0'], 'EVAL')
}
