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
  const known = await channelsIn(file)
  if (typeof known === 'string') {
    return [
      {
        check,
        status: 'fail',
        says: { en: `${file}: ${known}`, ja: `${file}: ${known}` },
        next: {
          en: 'Correct the file or HIKESHI_CHANNELS.',
          ja: 'ファイルか HIKESHI_CHANNELS を直してください。',
        },
      },
    ]
  }
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
  return [{ check, status: 'ok', says: { en: known.join(', '), ja: known.join('、') } }]
}

/** The names in the file, or why there are none. Nothing of its content is quoted: it may hold secrets. */
async function channelsIn(file: string): Promise<readonly string[] | string> {
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
      if (channels !== null && typeof channels === 'object') return Object.keys(channels)
    }
    return 'it has no "channels"'
  } catch {
    return 'it is no valid YAML'
  }
}
