/** Runs a command, or a shell, and keeps what it prints as evidence of an incident; a note in the timeline says which, and how it ended. */
import { randomUUID } from 'node:crypto'
import { policyFile } from '../../../../domain/approval/policy.ts'
import { maskerOf } from '../../../../domain/evidence/mask.ts'
import { maskedCommand, type Recorded, recordingNote } from '../../../../domain/evidence/recording.ts'
import { failures, inShort } from '../../../../domain/failures.ts'
import { incidentId } from '../../../../domain/names.ts'
import { present } from '../../../../domain/present.ts'
import { isEnd, type Receipt, type Text } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import { parseWhole, readSettings } from '../../../../edge/settings-file.ts'
import { failureIn } from '../../../failure-in.ts'
import { openInFirst, recordingPlaces } from '../../../recording/places.ts'
import { commandOf, recordedShell, runRecorded } from '../../../recording/recorded-command.ts'
import { openRecording } from '../../../recording/recording-file.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'

/** The exit code is the command's own, whatever becomes of its note. */
export async function record(session: Session, incident: string, words: readonly string[]): Promise<number> {
  if (!incidentId.safeParse(incident).success)
    throw refused('unknown-incident', { incident: incident.slice(0, 60) })
  const { around, by } = session
  if (words.length === 0 && around.stdin.isTTY !== true) {
    const reason = { en: 'this is no terminal', ja: '端末がありません' }
    throw refused('no-shell-recorder', { incident, reason })
  }
  const mask = maskerOf(await ownRules(around.env))
  const declaredAt = await declaredAtOf(session, incident)
  const run = words.length === 0 ? await recordedShell(incident, around.env) : commandOf(words)
  const begunMs = Date.now()
  const file = fileName(begunMs)
  const command = maskedCommand(words, mask)
  const head = {
    incident,
    by: by.id,
    at: new Date(begunMs).toISOString(),
    command,
    ...present({ declaredAt }),
  }
  const { path, made } = await openInFirst(recordingPlaces(around.env, incident), file, (place) =>
    openRecording(place, head, mask),
  )
  const shown = shownOn(session)
  const exit = await runRecorded(run, made, shown, around).catch((error: unknown) => {
    made.discard()
    throw error
  })
  const recorded = { file, command, exit, tookMs: Date.now() - begunMs, ...made.end(exit) }
  const receipt = await noted(session, incident, recorded)
  await answer(session, incident, path, recorded, receipt)
  return exit
}

/** `20261130T180102Z-1f2e3d4c.log` */
function fileName(ms: number): string {
  const at = new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')
  return `${at}Z-${randomUUID().slice(0, 8)}.log`
}

/** The team's own masks, where this machine has the policy that names them. */
async function ownRules({ HIKESHI_POLICY: file }: Session['around']['env']) {
  if (file === undefined) return []
  const { mask } = parseWhole(await readSettings(file), file, policyFile)
  return mask.map(({ name, pattern }) => ({ name, pattern: new RegExp(pattern, 'gm') }))
}

/** Refuses an incident that is unknown or over. Where nobody answers the command is run, and recorded, all the same. */
async function declaredAtOf(session: Session, incident: string): Promise<string | undefined> {
  try {
    const incidents = await session.incidents()
    const shown = await patiently(session, incidents.show(incident))
    const phase = shown.source === 'worker' ? shown.state.phase : shown.phase
    if (isEnd(phase)) throw refused('not-open', { incident, phase: phase ?? '', command: 'record' })
    return shown.source === 'worker' ? new Date(shown.state.declaredAtMs).toISOString() : undefined
  } catch (error) {
    const found = failureIn(error)
    if (found === undefined || failures[found.name].exit < 5 || session.around.signal.aborted) throw error
    session.say(inWords(error))
    session.say({
      en: 'The command runs and is recorded; its note is tried again when it has ended.',
      ja: 'コマンドは実行・記録します。メモの記録は終了後にもう一度試みます。',
    })
    return undefined
  }
}

/** With -o json and yaml standard output is the answer's. */
function shownOn({ around: { out, err }, output }: Session) {
  const answers = output !== 'table'
  return {
    out: (bytes: Buffer) => (answers ? err : out).write(bytes),
    err: (bytes: Buffer) => err.write(bytes),
  }
}

async function noted(session: Session, incident: string, recorded: Recorded): Promise<Receipt | undefined> {
  const text = recordingNote(recorded, session.lang)
  try {
    const incidents = await session.incidents()
    const order = { type: 'note', text, by: session.by } as const
    return (await incidents.command(incident, order, { id: `record/${recorded.file}` })).receipt
  } catch (error) {
    session.say(inWords(error))
    session.say({
      en: `The timeline of ${incident} does not tell of the recording yet. Write it down with "hikeshi note ${incident} --stdin":\n${text}`,
      ja: `${incident} のタイムラインにはまだこの記録がありません。「hikeshi note ${incident} --stdin」で次を記録してください:\n${text}`,
    })
    return undefined
  }
}

async function answer(
  session: Session,
  incident: string,
  path: string,
  { file: _, ...recorded }: Recorded,
  receipt: Receipt | undefined,
): Promise<void> {
  if (session.output !== 'table')
    return session.print({
      data: { incident, file: path, ...recorded, receipt: receipt ?? null },
      text: () => '',
    })
  const at = receipt === undefined ? '' : ` (#${receipt.seq} ${receipt.hash.slice(0, 8)})`
  session.say({ en: `${incident} recorded${at}: ${path}`, ja: `${incident} 記録しました${at}: ${path}` })
}

function inWords(error: unknown): Text {
  const found = failureIn(error)
  if (found === undefined) throw error
  return inShort(found)
}
