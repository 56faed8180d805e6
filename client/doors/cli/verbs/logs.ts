import { expected } from '../../../../domain/expected.ts'
import { present } from '../../../../domain/present.ts'
import type { Text } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import { readTarget, type Target, targetOf } from '../../../../edge/restore-target.ts'
import { collectionFolder } from '../../../../wire/archive.ts'
import { collect } from '../../../evidence/collect.ts'
import { writeBundle } from '../../../evidence/write-bundle.ts'
import { deskMeant, publishedAt } from '../../../incidents/read-step.ts'
import * as words from '../../../words/evidence.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { type Options, textOf } from '../verb.ts'
import { usableZone } from '../zone.ts'
import { collectedPieces, folderNamed, lines, lockWhereFree, signingFrom } from './evidence.ts'

/** Logs of a time, with or without an incident: of a service and what is near it, or of all that the runbook names. */
export async function collectLogs(session: Session, options: Options): Promise<undefined> {
  const archive = session.around.env.HIKESHI_ARCHIVE
  if (archive === undefined) {
    const problem = expected('the folder that the workers write to', 'ワーカーの保管先フォルダー')
    throw refused('bad-input', { where: 'HIKESHI_ARCHIVE', problem })
  }
  const signing = await signingFrom(options)
  const lock = await lockWhereFree(options, 'logs')
  const temporal = await session.temporal()
  const { desk, service } = await deskMeant(temporal, {
    runbook: textOf(options.runbook),
    service: textOf(options.service),
  })
  const { book } = await publishedAt(temporal, desk)
  const zone = usableZone(session, book.timezone)
  const [from, to] = [momentIn(textOf(options.start), zone), momentIn(textOf(options.end), zone)]
  // At once, so that a time read otherwise than it was meant is seen before hours of collecting.
  session.say(betweenSay(from, to))
  if (from.ms >= to.ms) {
    const problem = expected('a time after --start', '--start より後の時刻')
    throw refused('bad-input', { where: '--end', problem })
  }
  const order = { desk, objects: true, logs: { fromMs: from.ms, toMs: to.ms }, ...present({ service }) }
  const { folder, missing } = await patiently(session, collect(temporal, order))
  const iso = (ms: number) => new Date(ms).toISOString()
  const output = folderNamed(options, `${desk}-${iso(from.ms).replace(/[-:]|\.\d+/g, '')}`)
  const manifest = await writeBundle({
    output,
    pieces: await collectedPieces(collectionFolder(archive, folder), zone, ''),
    says: {
      of: desk,
      madeAt: iso(Date.now()),
      by: session.by.id,
      between: { from: iso(from.ms), to: iso(to.ms) },
      missing,
    },
    signing,
    lock,
  })
  await session.print({
    data: { folder: output, manifest, ...present({ lock }) },
    text: (screen) =>
      lines(session, screen, [
        words.bundleSay(manifest),
        ...(lock === undefined ? [] : [words.lockedSay(lock)]),
        ...words.missingSay(manifest),
        ...(signing === undefined ? [words.provesSay(undefined)] : []),
      ]),
  })
}

/** A time without a zone is one of the team's; what was meant is said. */
function momentIn(text = '', zone: string): Target {
  const inTheirs = readTarget(`${text.trim()} ${zone}`, zone)
  return inTheirs.kind === 'instant' ? inTheirs : targetOf(text, zone)
}

function betweenSay(from: Target, to: Target): Text {
  return { en: `Logs from ${from.said} to ${to.said}`, ja: `${from.said} から ${to.said} までのログ` }
}
