import type { CommandType } from '../../../../domain/incident/commands.ts'
import type { Text } from '../../../../domain/words.ts'
import type { CommandContent } from '../../../incidents/commands.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { clean } from '../terminal.ts'

const done: { readonly [T in CommandType]?: Text } = {
  acknowledge: { en: 'acknowledged', ja: '対応を引き受けました' },
  note: { en: 'noted', ja: 'メモを記録しました' },
  notify: { en: 'told', ja: '連絡しました' },
  escalate: { en: 'called', ja: '呼び出しました' },
  check: { en: 'checked', ja: 'チェックしました' },
  reject: { en: 'rejected', ja: '却下しました' },
  done: { en: 'done', ja: '実施を記録しました' },
  decide: { en: 'decided', ja: '判断を記録しました' },
  skip: { en: 'skipped', ja: '省略しました' },
  resolve: { en: 'resolved', ja: '復旧を宣言しました' },
  reopen: { en: 'reopened', ja: '再開しました' },
  close: { en: 'closed', ja: '終了しました' },
  cancel: { en: 'cancelled', ja: '取り消しました' },
}

/** Sends one command and prints its receipt: the event's place in the chain. */
export async function tell(
  session: Session,
  incident: string,
  content: CommandContent,
  says: Text = done[content.type] ?? { en: 'done', ja: '実行しました' },
): Promise<undefined> {
  const incidents = await session.incidents()
  const { receipt } = await patiently(session, incidents.command(incident, { ...content, by: session.by }))
  await session.print({
    data: { incident, command: content.type, receipt },
    text: ({ paint }) =>
      `${clean(incident)} ${says[session.lang]} ${paint('dim', `(#${receipt.seq} ${receipt.hash.slice(0, 8)})`)}`,
  })
}
