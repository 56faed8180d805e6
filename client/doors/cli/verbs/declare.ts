import { textLimits } from '../../../../domain/incident/commands.ts'
import { present } from '../../../../domain/present.ts'
import { type Impact, impacts, type Severity, type Text } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import type { DeclareReceipt } from '../../../../wire/messages.ts'
import type { DeclareOrder } from '../../../incidents/declare.ts'
import { declaredSays, nextPageFact } from '../../../words/declared.ts'
import { momentsAt } from '../../../words/moments.ts'
import { toned } from '../facts.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { similarLines } from '../similar-text.ts'
import { pad, type Screen } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'
import { usableZone } from '../zone.ts'

export async function declare(session: Session, options: Options): Promise<undefined> {
  const order = orderFrom(options, session)
  const incidents = await session.incidents()
  const declared = await patiently(session, incidents.declare(order))
  // The team's clock, as on every other surface. Without a next call no time is told.
  const isTold = session.output === 'table'
  const zone = isTold ? usableZone(session, declared.next?.timezone ?? 'UTC') : 'UTC'
  const text = (screen: Screen) => answer(declared, zone, session.lang, screen)
  // A person is told its name at once, and then what helped before; data is one answer.
  if (isTold) await session.print({ data: declared, text })
  const { service, symptom } = order.declaration
  const similar = await incidents.similar(declared.incident, { service, symptom }).catch(() => [])
  if (!isTold) await session.print({ data: similar.length === 0 ? declared : { ...declared, similar }, text })
  else if (similar.length > 0)
    await session.print({
      data: similar,
      text: (screen) => `\n${similarLines(similar, session.lang, screen).join('\n')}`,
    })
}

function orderFrom(options: Options, session: Session): DeclareOrder {
  const { service, severity, description, impact, key } = options
  const text = String(description)
  if (text.length > textLimits.description) {
    const { description: limit } = textLimits
    throw refused('text-too-long', { where: '--description', length: text.length, limit })
  }
  return {
    declaration: {
      service: String(service),
      severity: severity as Severity,
      description: text,
      ...present({ symptom: textOf(options.symptom), impact: isImpact(impact) ? impact : undefined }),
      dataLoss: options.dataLoss === true,
      breach: options.breach === true,
    },
    by: session.by,
    key: textOf(key),
    fresh: options.new === true,
  }
}

function isImpact(value: unknown): value is Impact {
  return (impacts as readonly unknown[]).includes(value)
}

/** What a person wants to know at 3 a.m.: its name, who is called when, and what to type next. */
function answer(declared: DeclareReceipt, zone: string, lang: Session['lang'], screen: Screen): string {
  const { incident, next } = declared
  const { paint } = screen
  const pages = next === undefined ? [] : [nextPageFact(next, momentsAt(zone, Date.now()))]
  const commands = whatNext.map(([verb, why]) => [`hikeshi ${verb} ${incident}`, why[lang]] as const)
  const width = Math.max(...commands.map(([command]) => command.length)) + 2
  return [
    `${paint('bold', incident)}  ${declaredSays(declared)[lang]}`,
    ...pages.map(({ label, value, tone, under = [] }) => {
      const when = under.map((fact) => fact.value[lang])
      return [`${label[lang]}:`, toned(value[lang], tone, screen), ...when].join(' ')
    }),
    ...commands.map(([command, why]) => `  ${pad(command, width)}${paint('dim', why)}`),
  ].join('\n')
}

const whatNext: readonly (readonly [verb: string, why: Text])[] = [
  ['show', { en: 'what is known and proposed', ja: '現在の状態と提案' }],
  ['watch', { en: 'follow it live', ja: '経過を追う' }],
  ['ack', { en: 'say that you are on it', ja: '対応を引き受ける' }],
  ['resolve', { en: 'once the service has recovered', ja: '復旧を宣言する' }],
]
