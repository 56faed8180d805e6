/** The channels file of the workers, as far as it can be judged from here: without a mistake, and holding what the runbooks name. */
import { pagers, parseChannels, problemsHere } from '../../channels/channels-file.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Text } from '../../domain/words.ts'
import type { Environment } from '../../edge/secret.ts'
import { readSettings } from '../../edge/settings-file.ts'
import type { Check } from './check.ts'

const check = 'channels'

/** Refuses (`bad-input`) a file that no worker would take, with every mistake in it. */
export async function checkChannels(env: Environment, books: readonly Runbook[]): Promise<readonly Check[]> {
  const { HIKESHI_CHANNELS: file } = env
  if (file === undefined || file === '') {
    return [
      {
        check,
        status: 'warn',
        says: {
          en: 'HIKESHI_CHANNELS is not set here: the only channel is "log"',
          ja: 'HIKESHI_CHANNELS が未設定です。使える通知先は「log」だけです',
        },
        next: {
          en: "Set it to the workers' channels file.",
          ja: 'ワーカーの通知先ファイルを設定してください。',
        },
      },
    ]
  }
  const { settings, alarm } = parseChannels(await readSettings(file), file)
  const known = pagers(settings)
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
    ...(await problemsHere(settings, env)).map(troubleHere),
    ...(alarm.length > 0 ? [] : [nobodyAlarmed]),
  ]
}

const nobodyAlarmed: Check = {
  check,
  status: 'warn',
  says: {
    en: 'no "alarm" is set: nobody is paged if a workflow itself gets stuck',
    ja: '「alarm」が未設定です。ワークフロー自体が停止しても誰にも連絡されません',
  },
  next: {
    en: 'Add to the channels file: alarm: [{ person: NAME, channel: CHANNEL }]. See docs/stuck-workflow.md.',
    ja: '通知先ファイルに alarm: [{ person: 名前, channel: 通知先 }] を追加してください。docs/stuck-workflow.md 参照。',
  },
}

/** Secrets may lie where the workers run and nowhere else. */
function troubleHere(says: Text): Check {
  return {
    check,
    status: 'warn',
    says,
    next: {
      en: 'It must exist where the workers run: no worker starts without it.',
      ja: 'ワーカーの実行環境では必須です。ないとワーカーは起動しません。',
    },
  }
}
