/** The worker's channels file (HIKESHI_CHANNELS): which names a runbook may use, and what stands behind each. */
import { z } from 'zod'
import { name } from '../../domain/runbook/runbook.ts'
import { refusal } from '../refusal.ts'
import { type Environment, readSecret } from '../secret.ts'
import { parseSettingsAnd, readSettings, type Settings } from '../settings-file.ts'
import type { Channel, Channels } from './channel.ts'
import { logChannel, logSettings } from './log/log.ts'
import { webhookChannel, webhookSettings } from './webhook/webhook.ts'

const kinds = { log: logSettings, webhook: webhookSettings } as const

/** Whom a worker calls by itself where no incident can: docs/stuck-workflow.md. */
export type Alarmed = { readonly person: string; readonly channel: string }

const alarm = z
  .array(z.strictObject({ person: name, channel: name }))
  .max(10)
  .default([])

export type ChannelsFile = { readonly channels: Channels; readonly alarm: readonly Alarmed[] }

/** What a worker without a channels file has: `log`, to its standard output, so that no page is lost without a word. */
export function defaultChannels(): ChannelsFile {
  return { channels: new Map([['log', logChannel('log', { kind: 'log' })]]), alarm: [] }
}

/** Reads and checks the file and every secret it names; throws `bad-input` with all mistakes and never a secret. */
export async function openChannels(file: string, env: Environment): Promise<ChannelsFile> {
  const { settings, alarm } = parseChannels(await readSettings(file), file)
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
  return { channels, alarm }
}

/** The file's text as settings per channel, and whom the alarm calls; throws `bad-input` with every mistake in it. */
export function parseChannels(
  text: string,
  file: string,
): { readonly settings: Settings<typeof kinds>; readonly alarm: readonly Alarmed[] } {
  const { settings, beside } = parseSettingsAnd(text, file, 'channels', kinds, { alarm })
  const lost = beside.alarm.flatMap(({ channel }, i) =>
    Object.hasOwn(settings, channel)
      ? []
      : [`alarm.${i}.channel: expected one of ${Object.keys(settings).join(', ')}; found "${channel}".`],
  )
  if (lost.length > 0) throw refusal('bad-input', { where: file, problem: lost.join(' ') })
  return { settings, alarm: beside.alarm }
}
