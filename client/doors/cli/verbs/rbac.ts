import { expected } from '../../../../domain/expected.ts'
import type { Runbook } from '../../../../domain/runbook/runbook.ts'
import { systems } from '../../../../domain/steps/needs.ts'
import type { Lang, Text } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import { type Login, loginsFor } from '../../../rights/databases.ts'
import { type Account, manifestsFor, manifestYaml } from '../../../rights/manifests.ts'
import type { Session } from '../session.ts'
import type { Options } from '../verb.ts'
import { bookOf } from './runbook.ts'

/** Prints the rights that runbooks need: of `what` alone, or of all systems with what is not for kubectl in comments. */
export async function rbac(session: Session, words: readonly string[], options: Options): Promise<undefined> {
  const books: Runbook[] = []
  for (const word of words) books.push(await bookOf(session, word))
  if (new Set(books.map(({ cluster }) => cluster)).size > 1)
    throw refused('bad-input', {
      where: 'rbac',
      problem: expected('runbooks of one cluster', '同じクラスターの Runbook'),
    })
  const { lang } = session
  const least = options.least === true
  const account = accountIn(options.serviceaccount)
  const namespaces = [...new Set(books.map(({ namespace }) => namespace))].sort()
  const manifests = namespaces.flatMap((namespace) =>
    manifestsFor(
      books.filter((book) => book.namespace === namespace),
      { account, least, jobs: options.jobs === true },
    ),
  )
  const kubernetes = manifests.map(({ manifest }) => manifest)
  const postgres = loginsFor(books, 'postgres', least)
  const redis = loginsFor(books, 'redis', least)
  const text = {
    kubernetes: () => manifests.map((each) => manifestYaml(each, lang)).join('\n---\n'),
    postgres: () => loginsText(postgres, '--', lang, 'PostgreSQL'),
    redis: () => loginsText(redis, '#', lang, 'Redis'),
  }
  const all = { kubernetes, postgres, redis }
  const what = systems.find((system) => system === options.what)
  await session.print({
    data: what === undefined ? all : all[what],
    text: () =>
      what === undefined
        ? [headText(books)[lang], text.kubernetes(), commented(text)].join('\n')
        : text[what](),
  })
}

/** `namespace:name`, as kubectl takes it. */
function accountIn(given: Options[string]): Account | undefined {
  if (typeof given !== 'string') return undefined
  const [, namespace, name] = /^([a-z0-9][a-z0-9-]*):([a-z0-9][a-z0-9.-]*)$/.exec(given) ?? []
  if (namespace === undefined || name === undefined)
    throw refused('bad-input', { where: 'rbac', problem: expected('NAMESPACE:NAME', 'NAMESPACE:NAME') })
  return { namespace, name }
}

function headText(books: readonly Runbook[]): Text {
  const names = books.map(({ runbook }) => runbook).join(', ')
  const cluster = books[0]?.cluster ?? ''
  return {
    en: `# What the workers of cluster ${cluster} need for the runbook ${names}`,
    ja: `# Runbook ${names}（クラスター ${cluster}）のワーカーに必要な権限`,
  }
}

/** Behind the YAML, so that all of it can go to kubectl. */
function commented(text: { readonly postgres: () => string; readonly redis: () => string }): string {
  return [text.postgres(), text.redis()]
    .join('\n')
    .split('\n')
    .map((line) => (line.startsWith('#') ? line : `# ${line}`))
    .join('\n')
}

/** Comments as the system's own program takes them. */
function loginsText(logins: readonly Login[], mark: string, lang: Lang, title: string): string {
  const none = { en: `no step reaches ${title}`, ja: `${title} に接続する手順はありません` }
  if (logins.length === 0) return `${mark} ${none[lang]}`
  return logins
    .flatMap(({ connection, steps, lines }) => [
      `${mark} ${connection}: ${steps.join(', ')}`,
      ...lines.map(({ line, why }) =>
        why === undefined ? line : `${line} ${mark} ${optionalText(why)[lang]}`,
      ),
    ])
    .join('\n')
}

function optionalText(without: Text): Text {
  return { en: `optional; without it: ${without.en}`, ja: `省略可（省略時: ${without.ja}）` }
}
