import type { KeyObject } from 'node:crypto'
import { expected } from '../../../../domain/expected.ts'
import { isKeyName, verifierKey } from '../../../../domain/transparency/note.ts'
import { noteKeyOf, noteSignerOf } from '../../../../edge/note-keys.ts'
import { readKeys } from '../../../../edge/public-keys.ts'
import { Refused, refused } from '../../../../edge/refused.ts'
import { completeLog, keepCosignatures } from '../../../../edge/transparency/add-entry.ts'
import { openPrivateKey } from '../../../keys.ts'
import { askWitness } from '../../../transparency/ask-witness.ts'
import { wrongName } from '../../../transparency/log-writer.ts'
import { verifyLog } from '../../../transparency/verify-log.ts'
import { serveWitness } from '../../../transparency/witness-server.ts'
import * as words from '../../../words/transparency.ts'
import type { Session } from '../session.ts'
import { type Options, textOf, textsOf } from '../verb.ts'
import { lines } from './evidence.ts'

/** Re-reads everything in a log; HK452 names the first thing that is not as it was signed. */
export async function verifyLogVerb(session: Session, folder: string, options: Options): Promise<undefined> {
  const keyFile = textOf(options.key)
  const key = keyFile === undefined ? undefined : noteKeyOf(await onlyKey(keyFile, '--key'))
  const { log, commits, contradicting, waiting } = await verifyLog(folder, key)
  const checkpoint = log.newest?.checkpoint
  // A folder that is another one, or from which all was taken, proves nothing.
  if (checkpoint === undefined) throw refused('bad-input', { where: folder, problem: words.emptyLog })
  await session.print({
    data: {
      origin: checkpoint.origin,
      size: log.leaves.length,
      root: Buffer.from(checkpoint.root).toString('hex'),
      signatureChecked: key !== undefined,
      commits,
      contradicting: contradicting.map(({ incident, seq }) => ({ incident, seq })),
      waiting,
      ...(key ? { verifierKey: verifierKey(checkpoint.origin, 'log', key.raw) } : {}),
    },
    text: (screen) =>
      lines(session, screen, [
        words.logHolds(checkpoint.origin, checkpoint.size),
        ...contradicting.map(words.contradicts),
        ...(waiting > 0 ? [words.notYetLogged(waiting)] : []),
        ...(key === undefined ? [words.unsignedLog] : []),
      ]),
  })
}

/** Has witnesses cosign the newest checkpoint; what those answered that answered is kept, whatever became of the others. */
export async function publishLog(session: Session, folder: string, options: Options): Promise<undefined> {
  const witnesses = textsOf(options.witness)
  if (witnesses.length === 0)
    throw refused('bad-input', {
      where: '--witness',
      problem: expected('the address of at least one witness', '1 つ以上のウィットネスのアドレス'),
    })
  const key = noteKeyOf(await onlyKey(String(options.key), '--key'))
  const known = (await readKeys(String(options.witnessKey), 'cosignatures')).map(noteKeyOf)
  let log = await completeLog(folder, key)
  const { newest } = log
  if (newest === undefined) throw refused('bad-input', { where: folder, problem: words.emptyLog })
  const published: { readonly witness: string; readonly names: readonly string[] }[] = []
  const failed: Refused[] = []
  for (const witness of witnesses) {
    try {
      const cosignatures = await askWitness(witness, log, newest, known)
      log = await keepCosignatures(folder, newest.checkpoint.size, cosignatures, key)
      published.push({ witness, names: cosignatures.map(({ name }) => name) })
    } catch (error) {
      if (!(error instanceof Refused) || error.failure.name !== 'witness-unreachable') throw error
      failed.push(error)
    }
  }
  const { origin, size } = newest.checkpoint
  await session.print({
    data: { origin, size, published },
    text: (screen) =>
      lines(session, screen, [
        words.logHolds(origin, size),
        ...published.map(({ witness, names }) => words.publishedSay(witness, names)),
      ]),
  })
  const [first] = failed
  if (first !== undefined) throw first
}

/** Serves until it is told to end. */
export async function witness({ around, say }: Session, options: Options): Promise<undefined> {
  const name = String(options.name)
  if (!isKeyName(name)) throw wrongName('--name')
  const { parseListen } = await import('../../http/network.ts')
  const { host, port } = parseListen(textOf(options.listen) ?? '127.0.0.1:7410')
  const signer = noteSignerOf(await openPrivateKey(String(options.key), 'cosignatures'))
  await serveWitness({
    name,
    signer,
    logs: await logsFrom(textsOf(options.log)),
    state: String(options.state),
    host,
    port,
    now: Date.now,
    signal: around.signal,
    log: (line) => void around.err.write(`${line}\n`),
    ready: (address) =>
      say({
        en: `Witness running at http://${address}; its key is ${verifierKey(name, 'witness', signer.raw)}. Press Ctrl-C to stop.`,
        ja: `ウィットネスを http://${address} で開始しました。公開鍵: ${verifierKey(name, 'witness', signer.raw)}（Ctrl-C で停止）。`,
      }),
  })
}

/** `ORIGIN=FILE` of each log. */
async function logsFrom(given: readonly string[]): Promise<ReadonlyMap<string, KeyObject>> {
  const logs = new Map<string, KeyObject>()
  for (const word of given) {
    const [, origin, file] = /^([^=]+)=(.+)$/.exec(word) ?? []
    if (origin === undefined || file === undefined) throw noOrigin()
    if (!isKeyName(origin) || logs.has(origin)) throw wrongName('--log')
    logs.set(origin, await onlyKey(file, '--log'))
  }
  if (logs.size > 0) return logs
  throw noOrigin()
}

function noOrigin(): Refused {
  const problem = expected(
    'ORIGIN=FILE of at least one log, such as example.com/incidents=log.pub',
    '1 つ以上のログの ORIGIN=FILE（例: example.com/incidents=log.pub）',
  )
  return refused('bad-input', { where: '--log', problem })
}

async function onlyKey(file: string, where: string): Promise<KeyObject> {
  const [key, ...more] = await readKeys(file, 'log')
  if (key !== undefined && more.length === 0) return key
  throw refused('bad-input', {
    where: `${where} ${file}`,
    problem: expected('one public key', '公開鍵 1 つ'),
  })
}
