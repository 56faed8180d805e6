/** `${NAME}` and `${NAME:-default}` in a runbook's texts (`$${` is a plain `${`), filled from those variables of the environment that are a runbook's to read. */
import { type Document, isMap, isScalar, visit } from 'yaml'
import { nearest } from '../../domain/nearest.ts'
import { quote } from '../../domain/runbook/problem.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import type { Place, Refusal } from './yaml-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Filled = {
  readonly refusals: readonly (Refusal & { readonly suggestion?: string })[]
  /** Variables that it may not read, where a default stands in for them. */
  readonly unread: readonly (Place & { readonly says: Text })[]
  /** What a text of the file became: never to be printed, see `withoutValues`. */
  readonly values: readonly Value[]
}

type Value = { readonly filled: string; readonly source: string }

/**
 * Fills the texts of a parsed document in place; keys are left alone. It happens after parsing, so a value of the
 * environment is always one text and can never become a key, a list or a comment.
 */
export function fillEnvironment(
  document: Document,
  env: Environment,
  placeAt: (offset: number) => Place,
): Filled {
  const refusals: (Refusal & { readonly suggestion?: string })[] = []
  const unread: (Place & { readonly says: Text })[] = []
  const values: Value[] = []
  const own = ownPrefix(document)
  const readable = Object.fromEntries(Object.entries(env).filter(([name]) => mayRead(name, own)))
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string') return
      const place = placeAt(node.range?.[0] ?? 0)
      const source = node.value
      node.value = source.replace(/\$?\$\{([^}]*)(\}?)/g, (whole, inside: string, closed: string) => {
        // `$${NAME}` is `${NAME}` itself, as in a command for a shell.
        if (whole.startsWith('$$')) return whole.slice(1)
        const reference = closed === '}' ? /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside) : null
        if (reference === null) {
          refusals.push({ ...place, expected: aReference, got: verbatim(quote(whole)) })
          return whole
        }
        const [, name = '', fallback] = reference
        const value = readable[name]
        // As in a shell: a default also stands in for a variable that is set but empty.
        if (value !== undefined && (value !== '' || fallback === undefined)) return value
        const allowed = mayRead(name, own)
        if (!allowed && fallback !== undefined) unread.push({ ...place, says: notRead(name, own) })
        if (fallback !== undefined) return fallback
        refusals.push({
          ...place,
          ...(allowed ? unset(name) : notAllowed(name, own)),
          ...meant(name, readable),
        })
        return whole
      })
      if (node.value !== source) values.push({ filled: String(node.value), source })
    },
  })
  return { refusals, unread, values }
}

/** The words of the file in place of what they became. */
export function withoutValues(text: Text, values: readonly Value[]): Text {
  const hide = (says: string) =>
    values.reduce(
      (hidden, { filled, source }) =>
        hidden.replaceAll(quote(filled), quote(source)).replaceAll(`「${filled}」`, `「${source}」`),
      says,
    )
  return { en: hide(text.en), ja: hide(text.ja) }
}

/**
 * Whoever publishes has secrets in the same environment (`TEMPORAL_API_KEY`, those of the connections), and a runbook is read by many: it
 * may read what bears its own name, and the cluster.
 */
function mayRead(name: string, own: string | undefined): boolean {
  if (name === 'HIKESHI_CLUSTER') return true
  return own !== undefined && name.startsWith(own) && !secret.test(name.slice(own.length))
}

/** Words that secrets are named with, wherever they stand; addresses of databases hold a password. */
const secret =
  /(^|_)([A-Z0-9]*(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?|PASS|PWD|CREDS?|DSN|(DATABASE|DB|POSTGRES(QL)?|PG|REDIS|MONGO(DB)?|AMQP)_UR[IL])(_|$)/i

/** `SHODO_` for the runbook `shodo`; a name that is our own or Temporal's opens nothing. */
function ownPrefix({ contents }: Document): string | undefined {
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => isScalar(key) && key.value === 'runbook')
    : undefined
  const name = isScalar(pair?.value) ? pair.value.value : undefined
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) return undefined
  const prefix = `${name.toUpperCase().replaceAll('-', '_')}_`
  return /^(HIKESHI|TEMPORAL)_/.test(prefix) ? undefined : prefix
}

const aReference: Text = { en: `\${NAME} or \${NAME:-default}`, ja: `\${NAME} または \${NAME:-既定値}` }

function readableNames(own: string | undefined): Text {
  return own === undefined
    ? verbatim('HIKESHI_CLUSTER')
    : { en: `${own}… or HIKESHI_CLUSTER`, ja: `${own}… または HIKESHI_CLUSTER` }
}

function notAllowed(name: string, own: string | undefined) {
  const names = readableNames(own)
  return {
    expected: {
      en: `an environment variable that this runbook may read: ${names.en}, none that is named like a secret`,
      ja: `この Runbook が参照できる環境変数（${names.ja}。秘密情報らしい名前は不可）`,
    },
    got: verbatim(quote(name)),
  }
}

function notRead(name: string, own: string | undefined): Text {
  const names = readableNames(own)
  return {
    en: `The environment variable ${name} is not read, so its default is used: this runbook may read ${names.en}.`,
    ja: `環境変数 ${name} は参照されず、既定値が使われます。この Runbook が参照できるのは ${names.ja} です。`,
  }
}

function unset(name: string) {
  return {
    expected: {
      en: `the environment variable ${name}, or a default: \${${name}:-…}`,
      ja: `環境変数 ${name}、または既定値 \${${name}:-…}`,
    },
    got: { en: 'it is not set', ja: '未設定' },
  }
}

function meant(name: string, readable: Environment): { readonly suggestion?: string } {
  const suggestion = nearest(name, ['HIKESHI_CLUSTER', ...Object.keys(readable)])
  return suggestion === undefined || suggestion === name ? {} : { suggestion }
}
