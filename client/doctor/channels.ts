/** The channels file of the workers, as far as it can be judged from here: readable, and holding what the runbooks name. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Finding } from './finding.ts'

const check = 'channels'

export async function checkChannels(
  env: Readonly<Record<string, string | undefined>>,
  books: readonly Runbook[],
): Promise<readonly Finding[]> {
  const { HIKESHI_CHANNELS: file } = env
  if (file === undefined || file === '') {
    return [
      {
        check,
        status: 'warn',
        says: {
          en: 'HIKESHI_CHANNELS is not set here: only the channel "log" is known',
          ja: 'HIKESHI_CHANNELS が未設定です。使える通知先は「log」だけです',
        },
        next: {
          en: "Set it to the workers' channels file.",
          ja: 'ワーカーの通知先ファイルを設定してください。',
        },
      },
    ]
  }
  const content = await contentOf(file)
  if (typeof content === 'string') {
    return [
      {
        check,
        status: 'fail',
        says: { en: `${file}: ${content}`, ja: `${file}: ${content}` },
        next: {
          en: 'Correct the file or HIKESHI_CHANNELS.',
          ja: 'ファイルか HIKESHI_CHANNELS を直してください。',
        },
      },
    ]
  }
  const { channels: known, alarmed } = content
  const named = new Set(
    books.flatMap((book) => Object.values(book.people).flatMap((person) => person.channels)),
  )
  const missing = [...named].filter((channel) => !known.includes(channel))
  if (missing.length > 0) {
    return [
      {
        check,
        status: 'fail',
        says: {
          en: `the runbooks name channels that ${file} lacks: ${missing.join(', ')}`,
          ja: `Runbook の通知先が ${file} にありません: ${missing.join('、')}`,
        },
        next: {
          en: `Add them. It has: ${known.join(', ')}.`,
          ja: `追加してください。現在: ${known.join('、')}。`,
        },
      },
    ]
  }
  return [
    { check, status: 'ok', says: { en: known.join(', '), ja: known.join('、') } },
    ...(alarmed ? [] : [nobodyAlarmed]),
  ]
}

const nobodyAlarmed: Finding = {
  check,
  status: 'warn',
  says: {
    en: 'no "alarm" is set: nobody would be paged if a workflow itself got stuck',
    ja: '「alarm」が未設定です。ワークフロー自体が停止しても誰にも連絡されません',
  },
  next: {
    en: 'Add to the channels file: alarm: [{ person: NAME, channel: CHANNEL }]. See docs/stuck-workflow.md.',
    ja: '通知先ファイルに alarm: [{ person: 名前, channel: 通知先 }] を追加してください。docs/stuck-workflow.md 参照。',
  },
}

type Content = { readonly channels: readonly string[]; readonly alarmed: boolean }

/** The names in the file, or why there are none. Nothing of its content is quoted: it may hold secrets. */
async function contentOf(file: string): Promise<Content | string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return `it cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`
  }
  try {
    const content: unknown = parse(text)
    if (content !== null && typeof content === 'object' && 'channels' in content) {
      const { channels } = content
      const alarmed = 'alarm' in content && Array.isArray(content.alarm) && content.alarm.length > 0
      if (channels !== null && typeof channels === 'object')
        return { channels: Object.keys(channels), alarmed }
    }
    return 'it has no "channels"'
  } catch {
    return 'it is no valid YAML'
  }
}
