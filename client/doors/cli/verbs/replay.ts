import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Manifest } from '../../../../domain/evidence/manifest.ts'
import { expected } from '../../../../domain/expected.ts'
import { asOf } from '../../../../domain/incident/as-of.ts'
import type { IncidentEvent } from '../../../../domain/incident/fold/events.ts'
import type { Opening } from '../../../../domain/incident/open.ts'
import { name } from '../../../../domain/names.ts'
import { present } from '../../../../domain/present.ts'
import type { Verdict } from '../../../../domain/timeline/prove.ts'
import type { Receipt } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import { isBucket } from '../../../evidence/target.ts'
import type { Evidence } from '../../../replay/histories.ts'
import { countsSay, noPast, remarks, verdictFact } from '../../../words/proof.ts'
import { toned } from '../facts.ts'
import { exactMoment } from '../moment.ts'
import type { Session } from '../session.ts'
import { oneLine, wrap } from '../terminal.ts'
import { shownText } from './show.ts'

/** 3 as for everything that is not there. */
const exits = { identical: 0, different: 1, incomplete: 3 } as const satisfies Record<
  Verdict['verdict'],
  number
>

/**
 * Re-executes an incident or a desk, from Temporal and archive, or from a folder or a bundle in a bucket alone. With `--at` it also shows what the incident was
 * at that time; with `--head` the timeline must hold a head that was given out elsewhere.
 */
export async function replayVerb(
  session: Session,
  what: string,
  options: { readonly at?: string; readonly head?: string },
): Promise<number> {
  const atMs = options.at === undefined ? undefined : exactMoment(options.at, '--at')
  const head = options.head === undefined ? undefined : headOf(options.head)
  const found = isBucket(what) ? await evidenceAt(what) : await evidenceOf(session, what)
  const { workflow, folder: _, ...evidence } = found
  if (evidence.histories.length === 0 && (evidence.unreadable ?? []).length === 0)
    throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const [{ replay }, { reexecute }] = await Promise.all([
    import('../../../replay/replay.ts'),
    import('../../../../workers/reexecute.ts'),
  ])
  const again = (runs: readonly unknown[], id: string) => reexecute(runs, id)
  const { timeline, opening, ...verdict } = await replay(workflow, evidence, again, head)
  const { lang } = session
  const past =
    atMs === undefined || opening === undefined
      ? undefined
      : pastOf(opening, timeline as readonly IncidentEvent[], atMs)
  if (atMs !== undefined && past === undefined) session.say(noPast)
  const { others = [] } = evidence
  await session.print({
    data: {
      incident: workflow,
      ...verdict,
      ...(others.length === 0 ? {} : { others }),
      ...(past === undefined ? {} : { at: new Date(atMs ?? 0).toISOString(), ...past }),
    },
    text: (screen) => {
      const { label, value, tone } = verdictFact(workflow, verdict)
      return [
        ...(past === undefined
          ? []
          : [
              shownText({ source: 'worker', earlierRuns: [], ...past }, lang, screen, {
                zone: past.state.runbook.book.timezone,
                past: true,
              }),
              '',
            ]),
        toned(oneLine(`${label[lang]}: ${value[lang]}`), tone, screen),
        countsSay(verdict)[lang],
        `sha256 ${verdict.sha256}`,
        ...remarks(verdict, others).flatMap((line) => wrap(oneLine(line[lang]), screen.width)),
      ].join('\n')
    },
  })
  return exits[verdict.verdict]
}

/** `SEQ:HASH` as it stands in a page (`head`) and in the annotation hikeshi.dev/head. */
function headOf(value: string): Receipt {
  const [, seq, hash] = /^(\d{1,9})[: ]([0-9a-f]{64})$/.exec(value.trim()) ?? []
  if (seq === undefined || hash === undefined)
    throw refused('bad-input', {
      where: '--head',
      problem: expected(
        'SEQ:HASH with all 64 digits, as in a page or in the annotation hikeshi.dev/head',
        '連絡や注釈 hikeshi.dev/head にある SEQ:HASH（64 桁すべて）',
      ),
    })
  return { seq: Number(seq), hash }
}

/** State and head after the last event up to a time. */
function pastOf(opening: Opening, timeline: readonly IncidentEvent[], atMs: number) {
  const events = timeline.filter((event) => Date.parse(event.at) <= atMs)
  const last = events.at(-1)
  if (last === undefined)
    throw refused('bad-input', {
      where: '--at',
      problem: {
        en: `nothing had happened yet; the incident starts at ${timeline[0]?.at}`,
        ja: `まだ何も起きていません。インシデントの開始は ${timeline[0]?.at} です`,
      },
    })
  return { state: asOf(opening, events), head: { seq: last.seq, hash: last.hash } }
}

type Found = Evidence & { readonly workflow: string; readonly folder?: string }

/** From a bundle in a bucket, read as `evidence verify` reads it. */
async function evidenceAt(where: string): Promise<Found> {
  const [{ filesBelow, placeOf }, { manifestAt }, { runsFolder }, { historiesAt }] = await Promise.all([
    import('../../../evidence/place.ts'),
    import('../../../evidence/verify-bundle.ts'),
    import('../../../evidence/story.ts'),
    import('../../../replay/histories.ts'),
  ])
  const place = await placeOf(where, 'replay')
  return ofBundle(await manifestAt(place), await historiesAt(filesBelow(place, runsFolder)))
}

/** A bundle says itself of what it is, and who said how the story stands. */
async function ofBundle({ of: workflow, source }: Manifest, found: Evidence): Promise<Found> {
  // It becomes the name of a folder, and the manifest may be anybody's.
  await checkWorkflow(workflow)
  const { files = [], ...kept } = found
  // The history of the last run came from Temporal, and continues after the copy whose SHA-256 the timeline has.
  const events = files.filter(({ what }) => what === 'events')
  return { workflow, ...kept, files: events, ...present({ source }) }
}

/** From a folder, or from Temporal and archive. */
export async function evidenceOf(session: Session, what: string): Promise<Found> {
  const { historiesIn, historiesOf } = await import('../../../replay/histories.ts')
  const isFolder = await stat(what).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) {
    const [{ workflowOf }, { manifestIn }, { runsFolder }] = await Promise.all([
      import('../../../replay/kept.ts'),
      import('../../../evidence/verify-bundle.ts'),
      import('../../../evidence/story.ts'),
    ])
    const folder = resolve(what)
    const manifest = await manifestIn(folder)
    if (manifest !== undefined)
      return { folder, ...(await ofBundle(manifest, await historiesIn(join(folder, runsFolder)))) }
    return { workflow: workflowOf(folder), folder, ...(await historiesIn(folder)) }
  }
  await checkWorkflow(what)
  const { client } = await session.temporal()
  return { workflow: what, ...(await historiesOf(what, client, session.around.env.HIKESHI_ARCHIVE)) }
}

/** Refuses (`unknown-incident`) what is neither an incident nor a desk. */
async function checkWorkflow(what: string): Promise<void> {
  const { checkIncident } = await import('../../../incidents/commands.ts')
  if (!what.startsWith('desk/') || !name.safeParse(what.slice('desk/'.length)).success) checkIncident(what)
}
