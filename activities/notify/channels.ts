/** The worker's channels file (HIKESHI_CHANNELS): which names a runbook may use, and what stands behind each. */
import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { nearest } from '../../domain/nearest.ts'
import { describe, explainProblem, type Problem, showPath } from '../../domain/runbook/problem.ts'
import { name } from '../../domain/runbook/runbook.ts'
import { oneOf, schemaProblems } from '../../domain/runbook/schema-problems.ts'
import { refusal } from '../refusal.ts'
import type { Channel, Channels } from './channel.ts'
import { logChannel, logSettings } from './log/log.ts'
import { type Environment, readSecret } from './webhook/secret.ts'
import { webhookChannel, webhookSettings } from './webhook/webhook.ts'

const kinds = { log: logSettings, webhook: webhookSettings } as const

const outer = z.strictObject({ channels: z.record(name, z.looseObject({ kind: z.string() })) })

/** What a worker without a channels file has: `log`, to its standard output, so that no page is lost without a word. */
export function defaultChannels(): Channels {
  return new Map([['log', logChannel('log', { kind: 'log' })]])
}

/** Reads and checks the file and every secret it names; throws `bad-input` with all mistakes and never a secret. */
export async function openChannels(file: string, env: Environment): Promise<Channels> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw refusal('bad-input', { where: file, problem: `it cannot be read (${code})` })
  }
  const settings = parseChannels(text, file)
  const channels = new Map<string, Channel>()
  const problems: string[] = []
  for (const [channel, own] of Object.entries(settings)) {
    if (own.kind === 'log') {
      channels.set(channel, logChannel(channel, own))
      continue
    }
    const read = await readSecret(own, env)
    if ('problem' in read) problems.push(`channels.${channel}: ${read.problem}.`)
    channels.set(channel, webhookChannel(channel, own, env))
  }
  if (problems.length > 0) throw refusal('bad-input', { where: file, problem: problems.join(' ') })
  return channels
}

export type ChannelSettings = z.infer<typeof logSettings> | z.infer<typeof webhookSettings>

/** The file's text as settings per channel; throws `bad-input` with every mistake in it. */
export function parseChannels(text: string, file: string): Readonly<Record<string, ChannelSettings>> {
  const source = plainValue(text, file)
  const broken = schemaProblems(outer, source)
  if (broken.length > 0) throw mistakes(file, broken)
  const { channels } = outer.parse(source)
  const settings: Record<string, ChannelSettings> = {}
  const problems: Problem[] = []
  for (const [channel, own] of Object.entries(channels)) {
    const path = ['channels', channel]
    if (!isKind(own.kind)) {
      problems.push(unknownKind(own.kind, path))
      continue
    }
    const found = schemaProblems(kinds[own.kind], own, path)
    problems.push(...found)
    if (found.length === 0) settings[channel] = kinds[own.kind].parse(own)
  }
  if (problems.length > 0) throw mistakes(file, problems)
  return settings
}

function plainValue(text: string, file: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, resolveKnownTags: false })
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    // The parser's own sentence may quote the line, and the line may be a secret that stands there by mistake.
    throw refusal('bad-input', { where: `${file}:${line}:${col}`, problem: `no valid YAML (${error.code}).` })
  }
  try {
    return document.toJS({ maxAliasCount: 10 })
  } catch {
    throw refusal('bad-input', { where: file, problem: 'no valid YAML (an alias leads nowhere or too far).' })
  }
}

function isKind(kind: string): kind is keyof typeof kinds {
  return Object.hasOwn(kinds, kind)
}

function unknownKind(kind: string, path: Problem['path']): Problem {
  const suggestion = nearest(kind, Object.keys(kinds))
  return {
    path: [...path, 'kind'],
    at: 'value',
    expected: oneOf(Object.keys(kinds)),
    got: describe(kind),
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

function mistakes(file: string, problems: readonly Problem[]): Error {
  return refusal('bad-input', { where: file, problem: problems.map(sentenceOf).join(' ') })
}

/** What was found is left out near secrets: somebody may have put the secret itself where its place belongs. */
function sentenceOf(problem: Problem): string {
  const word = String(problem.path.at(-1) ?? '')
  if (problem.at === 'key' && /secret|token|password|key/i.test(word)) {
    return `${showPath(problem.path)}: secrets do not stand in this file; name their place with "secretFile" or "secretEnv".`
  }
  if (problem.at === 'value' && /secret|url/i.test(word)) {
    return `${showPath(problem.path)}: expected ${problem.expected.en}.`
  }
  return explainProblem(problem, 'en')
}
