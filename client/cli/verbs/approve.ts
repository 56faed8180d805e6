import { findRun } from '../../../domain/incident/find-step.ts'
import type { StepRun } from '../../../domain/incident/state.ts'
import { riskTitles } from '../../../domain/incident/titles.ts'
import { incidentsQueue } from '../../../workflows/messages.ts'
import { refused } from '../../refused.ts'
import { patiently } from '../patience.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'
import { hanging, oneLine, screenOf } from '../terminal.ts'
import { printReceipt, waitForStep, waitLimit } from '../wait.ts'

/** Shows what exactly is approved, then approves that and nothing else: the hash goes along. */
export async function approve(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const limitMs = waitLimit(options.timeout)
  const door = await session.door()
  const shown = await door.show(incident)
  if (shown.source !== 'worker') throw refused('no-worker', { queue: incidentsQueue })
  const step = findRun(shown.state, word)
  if (step === undefined) {
    const known = Object.keys(shown.state.steps).join(', ') || 'none'
    throw refused('unknown-step', { incident, step: word, known })
  }
  const pinned = typeof options.hash === 'string' ? options.hash : undefined
  const hash = pinned ?? step.hash
  if (hash === undefined)
    throw refused('step-not-waiting', { incident, step: step.id, status: step.status, command: 'approve' })
  explainStep(session, step)
  const { receipt } = await patiently(
    session,
    door.command(incident, 'approve', { by: session.by, step: step.id, hash }),
  )
  if (options.wait !== true) return printReceipt(session, incident, step.id, receipt)
  const { step: name } = step
  return waitForStep(session, door, {
    incident,
    step: name,
    run: step.id,
    receipt,
    limitMs,
  })
}

/** To stderr: what is about to be allowed, to what, by whose wish. */
function explainStep(session: Session, step: StepRun): void {
  const ja = session.lang === 'ja'
  const screen = screenOf(session.around.err, session.around.env)
  const { plan } = step
  const facts: readonly (readonly [string, string | undefined])[] = [
    [ja ? '手順' : 'Step', `${step.id}  ${step.title[session.lang]}`],
    [ja ? '対象' : 'Target', plan?.target],
    [ja ? '変更' : 'Change', plan?.says[session.lang]],
    [ja ? 'リスク' : 'Risk', `${riskTitles[step.risk][session.lang]}, ${pods(step, ja)}`],
    [ja ? '依頼者' : 'Asked by', requester(step, ja)],
    [ja ? '理由' : 'Because', step.because[0]],
    [ja ? '承認' : 'Approvals', `${step.approvals.length}/${step.approvalsNeeded}`],
    [ja ? 'ハッシュ' : 'Hash', step.hash],
  ]
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : hanging(name, oneLine(value), 12, screen.width),
  )
  session.around.err.write(`${lines.join('\n')}\n`)
}

function requester({ origin, requestedBy: { id, kind } }: StepRun, ja: boolean): string {
  if (origin !== 'runbook' || kind === 'system') return id
  return ja ? `Runbook（${id} の代理）` : `the runbook, for ${id}`
}

function pods(step: StepRun, ja: boolean): string {
  const { ready = 0, notReady = 0, ofReady = 0 } = step.plan?.pods ?? {}
  return ja
    ? `停止する Pod: Ready ${ready}/${ofReady}、Ready でない ${notReady}`
    : `takes down ${ready} of ${ofReady} Ready pods, ${notReady} not Ready`
}
