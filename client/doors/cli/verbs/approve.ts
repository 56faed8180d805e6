import { expected } from '../../../../domain/expected.ts'
import type { StepRun } from '../../../../domain/incident/fold/state.ts'
import { shownHash } from '../../../../domain/incident/steps/terms.ts'
import type { Text } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import { toldByWorker } from '../../../incidents/shown.ts'
import { momentsAt } from '../../../words/moments.ts'
import { proofFacts } from '../../../words/rehearsal.ts'
import { stepFacts, termFacts } from '../../../words/step.ts'
import { confirmed } from '../confirm.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { screenOf } from '../terminal.ts'
import type { Options } from '../verb.ts'
import { printReceipt, waitForStep, waitLimit } from '../wait.ts'
import { stepLines, stepOf } from './show-step.ts'

const approved: Text = { en: 'approved', ja: 'を承認しました' }

/**
 * Shows what exactly would be approved, has the person say yes to that, and approves that and nothing else: the whole hash goes along.
 * Without a terminal nobody can say yes, so the hash of what was seen has to be named.
 */
export async function approve(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const limitMs = waitLimit(options.timeout)
  const incidents = await session.incidents()
  const { shown, state, step } = await stepOf(incidents, incident, word)
  if (step.id !== word) throw refused('run-not-named', { incident, step: word, run: step.id })
  const { hash } = step
  if (step.status !== 'proposed' || hash === undefined)
    throw refused('step-not-waiting', { incident, step: step.id, status: step.status, command: 'approve' })
  if (shownHash(state, step) !== hash) throw refused('shown-differs', { incident, step: step.id })
  // To stderr: what is about to be allowed, to what, by whose wish, and until when.
  const screen = screenOf(session.around.err, session.around.env)
  const facts = [
    ...stepFacts(step),
    ...termFacts(state, step, momentsAt(state.runbook.book.timezone, Date.now())),
    ...proofFacts(toldByWorker(shown).proofs?.[step.id], Date.now()),
  ]
  session.around.err.write(`${stepLines(facts, session.lang, screen).join('\n')}\n`)
  if (typeof options.hash === 'string') checkHash(options.hash, incident, step)
  else await ask(session, incident, step)
  const { receipt } = await patiently(
    session,
    incidents.command(incident, { type: 'approve', by: session.by, step: step.id, hash }),
  )
  if (options.wait !== true) return printReceipt(session, incident, step.id, receipt, approved)
  const { step: name } = step
  return waitForStep(session, incidents, {
    incident,
    step: name,
    run: step.id,
    receipt,
    limitMs,
  })
}

/** The first digits are enough for a person who has seen the whole; they are held against what was shown, here and nowhere else. */
function checkHash(given: string, incident: string, { id, hash = '-' }: StepRun): void {
  if (!/^[0-9a-f]{8,64}$/.test(given))
    throw refused('bad-input', {
      where: '--hash',
      problem: expected(
        'at least 8 digits of the hash that "show" prints',
        '「show」が表示するハッシュの先頭 8 桁以上',
      ),
    })
  if (!hash.startsWith(given))
    throw refused('step-changed', { incident, step: id, given: given.slice(0, 8), actual: hash.slice(0, 8) })
}

async function ask(session: Session, incident: string, { id, hash = '' }: StepRun): Promise<void> {
  const question = { en: `Approve ${id}?`, ja: `${id} を承認しますか？` }
  const answer = await confirmed(session, question[session.lang])
  if (answer === 'nobody') throw refused('look-first', { incident, step: id, hash: hash.slice(0, 12) })
  if (answer === 'no') throw refused('not-confirmed', { step: id })
}
