import { expected } from '../../../../domain/expected.ts'
import { refused } from '../../../../edge/refused.ts'
import type { Session } from '../session.ts'
import { tell } from './tell.ts'

/** `way/add-pods`: a step and its option, as runbooks write it in `after`. */
export async function decide(
  session: Session,
  incident: string,
  choice: string,
  reason: string,
): Promise<undefined> {
  const [step = '', option = '', ...more] = choice.split('/')
  if (step === '' || option === '' || more.length > 0)
    throw refused('bad-input', {
      where: 'decide',
      problem: expected('a step and an option, such as way/add-pods', 'way/add-pods のような手順と選択肢'),
    })
  return tell(session, incident, { type: 'decide', step, option, reason })
}
