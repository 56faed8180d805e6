import { expected } from '../../../../domain/expected.ts'
import { refused } from '../../../../edge/refused.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'

export async function freeze(session: Session, word: string): Promise<undefined> {
  if (word !== 'on' && word !== 'off')
    throw refused('bad-input', { where: 'freeze', problem: expected('on or off', 'on か off') })
  const incidents = await session.incidents()
  const desks = await patiently(session, incidents.freeze(word === 'on', session.by))
  const names = desks.map(({ desk }) => desk).join(', ')
  const says = {
    on: { en: `all automation is frozen: ${names}`, ja: `自動化を凍結しました: ${names}` },
    off: { en: `automation is allowed again: ${names}`, ja: `自動化の凍結を解除しました: ${names}` },
  }
  await session.print({
    data: { frozen: word === 'on', desks },
    text: ({ paint }) => paint(word === 'on' ? 'yellow' : 'green', says[word][session.lang]),
  })
}
