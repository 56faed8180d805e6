import { durationMs } from '../../../domain/duration.ts'
import { machineName, personName } from '../../../domain/person.ts'
import { refused } from '../../refused.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'

export async function serveApi({ around }: Session, { listen, host }: Options): Promise<number> {
  const { serve } = await import('../../api/main.ts')
  return serve({ listen: textOf(listen), hosts: textsOf(host) }, around)
}

/** Prints a token, once, and its line for the file that HIKESHI_API_TOKENS names. */
export async function token(
  session: Session,
  person: string | undefined,
  options: Options,
): Promise<undefined> {
  const { machine, expires, worst } = options
  if ((person === undefined) === (machine === undefined))
    throw refused('bad-input', { where: 'hikeshi api token', problem: 'expected PERSON, or --machine NAME' })
  const [kind, name] = machine === undefined ? (['person', person] as const) : (['machine', machine] as const)
  const named = (kind === 'person' ? personName : machineName).safeParse(name)
  if (!named.success)
    throw refused('bad-input', { where: 'PERSON', problem: 'expected the name of a person or machine' })
  const [{ newToken }, { holdersIn }] = await Promise.all([
    import('../../api/tokens.ts'),
    import('../../api/token-file.ts'),
  ])
  const made = newToken()
  const [may, runbooks] = [textsOf(options.may), textsOf(options.runbook)]
  const line = {
    [kind]: named.data,
    sha256: made.sha256,
    ...(typeof expires === 'string' ? { expires: expiry(expires) } : {}),
    ...(may.length === 0 ? {} : { may }),
    ...(runbooks.length === 0 ? {} : { runbooks }),
    ...(typeof worst === 'string' ? { worst: worst.toUpperCase() } : {}),
  }
  // What is pasted into the file must be right: it is read here as it will be there.
  const wrong = holdersIn({ tokens: [line] })
  if ('where' in wrong)
    throw refused('bad-input', {
      where: wrong.where.replace(/^tokens(\[0\])?\.?/, '') || 'hikeshi api token',
      problem: wrong.says,
    })
  const ja = session.lang === 'ja'
  await session.print({
    data: { token: made.token, ...line },
    text: () =>
      [
        ja ? `${named.data} のトークン（再表示できません）:` : `For ${named.data}, shown only now:`,
        `  ${made.token}`,
        '',
        ja ? 'HIKESHI_API_TOKENS のファイルに加える行:' : 'Line for the file that HIKESHI_API_TOKENS names:',
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
  throw refused('bad-input', { where: '--expires', problem: 'expected a duration such as 90d, or a date' })
}

/** Writes a key pair; prints the two settings that name its files. */
export async function keygen(session: Session, folder: string): Promise<undefined> {
  const { writeKeyPair } = await import('../../api/attest.ts')
  const files = await writeKeyPair(folder)
  await session.print({
    data: files,
    text: () =>
      `HIKESHI_ATTESTATION_KEY=${files.privateKey}\nHIKESHI_ATTESTATION_PUBLIC_KEYS=${files.publicKey}`,
  })
}

function textOf(value: Options[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function textsOf(value: Options[string]): readonly string[] {
  return Array.isArray(value) ? value : []
}
