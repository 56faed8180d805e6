import { durationMs } from '../../../../domain/duration.ts'
import { expected } from '../../../../domain/expected.ts'
import { machineName, personName } from '../../../../domain/person.ts'
import { present } from '../../../../domain/present.ts'
import { keepSmall } from '../../../../edge/memory.ts'
import { refused } from '../../../../edge/refused.ts'
import type { Session } from '../session.ts'
import { type Options, textOf, textsOf } from '../verb.ts'

export async function serveApi({ around }: Session, { listen, host }: Options): Promise<number> {
  keepSmall()
  const [{ serve }, { alertmanager }] = await Promise.all([
    import('../../http/main.ts'),
    import('../../alertmanager/alertmanager.ts'),
  ])
  return serve({ listen: textOf(listen), hosts: textsOf(host), alertReaders: [alertmanager] }, around)
}

const lineFor = {
  en: 'Line for the file that HIKESHI_API_TOKENS names:',
  ja: 'HIKESHI_API_TOKENS のファイルに加える行:',
}

/** Prints a token, once, and its line for the file that HIKESHI_API_TOKENS names. */
export async function token(
  session: Session,
  person: string | undefined,
  options: Options,
): Promise<undefined> {
  const { machine } = options
  const [expires, worst] = [textOf(options.expires), textOf(options.worst)]
  if ((person === undefined) === (machine === undefined))
    throw refused('bad-input', {
      where: 'hikeshi api token',
      problem: expected('PERSON, or --machine NAME', '人の名前、または --machine NAME'),
    })
  const [kind, name] = machine === undefined ? (['person', person] as const) : (['machine', machine] as const)
  const named = (kind === 'person' ? personName : machineName).safeParse(name)
  if (!named.success)
    throw refused('bad-input', {
      where: 'PERSON',
      problem: expected('the name of a person or machine', '人または機械の名前'),
    })
  const [{ newToken }, { lineProblems }, { mistakes }] = await Promise.all([
    import('../../http/tokens.ts'),
    import('../../http/token-file.ts'),
    import('../../../../edge/settings-file.ts'),
  ])
  const made = newToken()
  const [may, runbooks] = [textsOf(options.may), textsOf(options.runbook)]
  const line = {
    [kind]: named.data,
    sha256: made.sha256,
    ...present({ expires: expires === undefined ? undefined : expiry(expires) }),
    ...(may.length === 0 ? {} : { may }),
    ...(runbooks.length === 0 ? {} : { runbooks }),
    ...present({ worst: worst?.toUpperCase() }),
  }
  // What is pasted into the file must be right: it is read here as it will be there.
  const wrong = lineProblems(line)
  if (wrong.length > 0) throw mistakes('hikeshi api token', wrong)
  const { lang } = session
  const shownOnce = {
    en: `For ${named.data}, shown only now:`,
    ja: `${named.data} のトークン（再表示できません）:`,
  }
  await session.print({
    data: { token: made.token, ...line },
    text: () =>
      [
        shownOnce[lang],
        `  ${made.token}`,
        '',
        lineFor[lang],
        // JSON is YAML, so the line can be pasted below `tokens:` as it is.
        `  - ${JSON.stringify(line)}`,
      ].join('\n'),
  })
}

function expiry(source: string): string {
  const ms = durationMs(source)
  if (ms !== undefined) return new Date(Date.now() + ms).toISOString()
  if (/^\d{4}-\d{2}-\d{2}/.test(source) && !Number.isNaN(Date.parse(source)))
    return new Date(source).toISOString()
  throw refused('bad-input', {
    where: '--expires',
    problem: expected('a duration such as 90d, or a date', '90d のような期間または日付'),
  })
}

/** Writes a key pair; prints the two settings that name its files. */
export async function keygen(session: Session, folder: string): Promise<undefined> {
  const { writeKeyPair } = await import('../../../keys.ts')
  const files = await writeKeyPair(folder)
  await session.print({
    data: files,
    text: () =>
      `HIKESHI_ATTESTATION_KEY=${files.privateKey}\nHIKESHI_ATTESTATION_PUBLIC_KEYS=${files.publicKey}`,
  })
}
