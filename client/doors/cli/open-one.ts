/** `open` in the place of an incident: the one that is open, where there is exactly one. */
import { expected } from '../../../domain/expected.ts'
import { refused } from '../../../edge/refused.ts'
import { patiently } from './patience.ts'
import type { Session } from './session.ts'

/** Says on stderr which one it is. Errors: nothing-open; bad-input with their names where there are several. */
export async function theOpenOne(session: Session): Promise<string> {
  const incidents = await session.incidents()
  const open = (await patiently(session, incidents.list())).map(({ incident }) => incident)
  const [only, ...others] = open
  if (only === undefined) throw refused('nothing-open')
  if (others.length > 0)
    throw refused('bad-input', {
      where: 'incident',
      problem: expected(`one of ${open.join(', ')}`, `${open.join('、')} のいずれか`),
    })
  session.say({ en: `The open incident: ${only}`, ja: `対応中のインシデント: ${only}` })
  return only
}
