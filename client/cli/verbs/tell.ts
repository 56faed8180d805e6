import type { CommandType } from '../../../domain/incident/commands.ts'
import type { Text } from '../../../domain/words.ts'
import type { CommandBody } from '../../commands.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { clean } from '../terminal.ts'

const done: { readonly [T in CommandType]?: Text } = {
  acknowledge: { en: 'acknowledged', ja: '対応を引き受けました' },
  note: { en: 'noted', ja: 'メモを記録しました' },
  escalate: { en: 'called', ja: '呼び出しました' },
  check: { en: 'checked', ja: 'チェックしました' },
  reject: { en: 'rejected', ja: '却下しました' },
  resolve: { en: 'resolved', ja: '復旧を宣言しました' },
  reopen: { en: 'reopened', ja: '再開しました' },
  close: { en: 'closed', ja: '終了しました' },
  cancel: { en: 'cancelled', ja: '取り消しました' },
}

/** Sends one command and prints its receipt: the event's place in the chain. */
export async function tell<T extends CommandType>(
  session: Session,
  incident: string,
  type: T,
  body: Omit<CommandBody<T>, 'by'>,
  says: Text = done[type] ?? { en: 'done', ja: '実行しました' },
): Promise<undefined> {
  const door = await session.door()
  const whole = { ...body, by: session.by } as unknown as CommandBody<T>
  const { receipt } = await patiently(session, door.command(incident, type, whole))
  await session.print({
    data: { incident, command: type, receipt },
    text: ({ paint }) =>
      `${clean(incident)} ${says[session.lang]} ${paint('dim', `(#${receipt.seq} ${receipt.hash.slice(0, 8)})`)}`,
  })
}
