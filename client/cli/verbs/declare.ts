import { showDuration } from '../../../domain/duration.ts'
import { textLimits } from '../../../domain/incident/commands.ts'
import { type Impact, impacts, type Severity } from '../../../domain/words.ts'
import { localTime } from '../../../edge/local-time.ts'
import type { DeclareReceipt } from '../../../workflows/messages.ts'
import type { DeclareOrder } from '../../declare.ts'
import { refused } from '../../refused.ts'
import { patiently } from '../patience.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'
import { pad, type Screen } from '../terminal.ts'
import { zoneOf } from '../zone.ts'

export async function declare(session: Session, options: Options): Promise<undefined> {
  const { service, severity, description, symptom, impact, key } = options
  const text = String(description)
  if (text.length > textLimits.description) {
    const { description: limit } = textLimits
    throw refused('text-too-long', { where: '--description', length: text.length, limit })
  }
  const door = await session.door()
  const order: DeclareOrder = {
    declaration: {
      service: String(service),
      severity: severity as Severity,
      description: text,
      ...(typeof symptom === 'string' ? { symptom } : {}),
      ...(isImpact(impact) ? { impact } : {}),
      dataLoss: options.dataLoss === true,
      breach: options.breach === true,
    },
    by: session.by,
    ...(typeof key === 'string' ? { key } : {}),
    fresh: options.new === true,
  }
  const declared = await patiently(session, door.declare(order))
  // The team's clock, as on every other surface.
  const zone = session.output === 'table' ? await zoneOf(session, door, declared.incident) : 'UTC'
  await session.print({ data: declared, text: (screen) => answer(declared, zone, session.lang, screen) })
}

function isImpact(value: unknown): value is Impact {
  return (impacts as readonly unknown[]).includes(value)
}

/** What a person wants to know at 3 a.m.: its name, who is called when, and what to type next. */
function answer(declared: DeclareReceipt, zone: string, lang: Session['lang'], { paint }: Screen): string {
  const { incident, created, reports, repeated, raisedTo, next } = declared
  const ja = lang === 'ja'
  const what = repeated
    ? { en: 'this very report is known already', ja: 'この報告は登録済みです' }
    : created
      ? { en: 'declared', ja: '宣言しました' }
      : {
          en: `joined: it is open, this is report ${reports}${raisedTo === undefined ? '' : `, and makes it ${raisedTo}`}`,
          ja: `対応中のインシデントに追加（報告 ${reports} 件目${raisedTo === undefined ? '' : `、緊急度は ${raisedTo} に上昇`}）`,
        }
  const lines = [`${paint('bold', incident)}  ${what[lang]}`]
  if (next !== undefined) {
    const dueMs = Date.parse(next.at)
    const inMs = dueMs - Date.now()
    const when = inMs > 1_000 ? `${localTime(dueMs, zone)}` : ''
    const how =
      inMs > 1_000
        ? ja
          ? `（あと ${showDuration(inMs)}）`
          : ` (in ${showDuration(inMs)})`
        : ja
          ? '今すぐ'
          : 'now'
    lines.push(`${ja ? '次の連絡' : 'next page'}: ${paint('yellow', next.level)} ${when}${how}`)
  }
  const commands: readonly (readonly [string, string])[] = [
    [`hikeshi show ${incident}`, ja ? '現在の状態と提案' : 'what is known and proposed'],
    [`hikeshi watch ${incident}`, ja ? '経過を追う' : 'follow it live'],
    [`hikeshi ack ${incident}`, ja ? '対応を引き受ける' : 'say that you are on it'],
    [`hikeshi resolve ${incident}`, ja ? '復旧を宣言する' : 'when the service is back'],
  ]
  const width = Math.max(...commands.map(([command]) => command.length)) + 2
  return [...lines, ...commands.map(([command, why]) => `  ${pad(command, width)}${paint('dim', why)}`)].join(
    '\n',
  )
}
