import { refused } from '../../refused.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'

export async function freeze(session: Session, word: string): Promise<undefined> {
  if (word !== 'on' && word !== 'off')
    throw refused('bad-input', { where: 'freeze', problem: 'expected on or off' })
  const door = await session.door()
  const desks = await patiently(session, door.freeze(word === 'on', session.by))
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
