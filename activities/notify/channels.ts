/** The worker's channels file (HIKESHI_CHANNELS): which names a runbook may use, and what stands behind each. */
import { refusal } from '../refusal.ts'
import { type Environment, readSecret } from '../secret.ts'
import { parseSettings, readSettings, type Settings } from '../settings-file.ts'
import type { Channel, Channels } from './channel.ts'
import { logChannel, logSettings } from './log/log.ts'
import { webhookChannel, webhookSettings } from './webhook/webhook.ts'

const kinds = { log: logSettings, webhook: webhookSettings } as const

/** What a worker without a channels file has: `log`, to its standard output, so that no page is lost without a word. */
export function defaultChannels(): Channels {
  return new Map([['log', logChannel('log', { kind: 'log' })]])
}

/** Reads and checks the file and every secret it names; throws `bad-input` with all mistakes and never a secret. */
export async function openChannels(file: string, env: Environment): Promise<Channels> {
  const settings = parseChannels(await readSettings(file), file)
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

/** The file's text as settings per channel; throws `bad-input` with every mistake in it. */
export function parseChannels(text: string, file: string): Settings<typeof kinds> {
  return parseSettings(text, file, 'channels', kinds)
}
