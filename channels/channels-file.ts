/** The worker's channels file (HIKESHI_CHANNELS): which names a runbook may use, and what stands behind each. */
import { z } from 'zod'
import { name } from '../domain/names.ts'
import type { Lang, Text } from '../domain/words.ts'
import { refused } from '../edge/refused.ts'
import type { Environment } from '../edge/secret.ts'
import { mistakes, notAmong, parseSettingsAnd, readSettings } from '../edge/settings-file.ts'
import type { Channel, Channels } from './channel.ts'
import { type ChannelSettings, kindOf, kinds, schemas } from './kinds.ts'

/** Whom a worker calls by itself where no incident can: docs/stuck-workflow.md. */
export type Alarmed = { readonly person: string; readonly channel: string }

const alarm = z
  .array(z.strictObject({ person: name, channel: name }))
  .max(10)
  .default([])

export type ChannelsFile = { readonly channels: Channels; readonly alarm: readonly Alarmed[] }

/** What a worker without a channels file has: `log`, to its standard output, so that no page is lost without a word. */
export function defaultChannels(): ChannelsFile {
  return { channels: new Map([['log', kinds.log.open('log', { kind: 'log' }, {})]]), alarm: [] }
}

/** Reads and checks the file and every secret it names; throws `bad-input` with all mistakes and never a secret. */
export async function openChannels(file: string, env: Environment): Promise<ChannelsFile> {
  const { settings, alarm } = parseChannels(await readSettings(file), file)
  const problems = await problemsHere(settings, env)
  if (problems.length > 0) {
    const all = (lang: Lang) => problems.map((problem) => problem[lang]).join(' ')
    throw refused('bad-input', { where: file, problem: { en: all('en'), ja: all('ja') } })
  }
  const channels = new Map<string, Channel>()
  for (const [channel, own] of Object.entries(settings)) {
    const { page } = kindOf(own).open(channel, own, env)
    if (page !== undefined) channels.set(channel, { page })
  }
  return { channels, alarm }
}

type AllSettings = Readonly<Record<string, ChannelSettings>>

/** The file's text as settings per channel, and whom the alarm calls; throws `bad-input` with every mistake in it. */
export function parseChannels(
  text: string,
  file: string,
): { readonly settings: AllSettings; readonly alarm: readonly Alarmed[] } {
  const { settings, beside } = parseSettingsAnd(text, file, 'channels', schemas, { alarm })
  const known = pagers(settings)
  const lost = beside.alarm.flatMap(({ channel }, i) =>
    known.includes(channel) ? [] : [notAmong(channel, known, ['alarm', i, 'channel'])],
  )
  if (lost.length > 0) throw mistakes(file, lost)
  return { settings, alarm: beside.alarm }
}

/** The names of those that can call a person. */
export function pagers(settings: AllSettings): readonly string[] {
  return Object.entries(settings).flatMap(([channel, own]) =>
    kindOf(own).can.includes('page') ? [channel] : [],
  )
}

/** What keeps channels from working in this process, a sentence for each; no secret is quoted. */
export async function problemsHere(settings: AllSettings, env: Environment): Promise<readonly Text[]> {
  const found = await Promise.all(
    Object.entries(settings).map(async ([channel, own]) => {
      const problem = await kindOf(own).check(own, env)
      if (problem === undefined) return []
      return [{ en: `channels.${channel}: ${problem.en}.`, ja: `channels.${channel}: ${problem.ja}。` }]
    }),
  )
  return found.flat()
}
