/** `${NAME}` and `${NAME:-default}` in a runbook's texts, filled from the environment. */
import { type Document, visit } from 'yaml'
import { nearest } from '../../domain/nearest.ts'
import { quote, verbatim } from '../../domain/runbook/problem.ts'
import type { Place, Refusal } from './yaml-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Fills the texts of a parsed document in place; keys are left alone. It happens after parsing, so a value of the
 * environment is always one text and can never become a key, a list or a comment.
 */
export function fillEnvironment(
  document: Document,
  env: Environment,
  placeAt: (offset: number) => Place,
): readonly (Refusal & { readonly suggestion?: string })[] {
  const missing: (Refusal & { readonly suggestion?: string })[] = []
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string') return
      const place = placeAt(node.range?.[0] ?? 0)
      node.value = node.value.replace(/\$\{([^}]*)(\}?)/g, (whole, inside: string, closed: string) => {
        const reference = closed === '}' ? /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside) : null
        if (reference === null) {
          const expected = {
            en: `\${NAME} or \${NAME:-default}`,
            ja: `\${NAME} または \${NAME:-既定値}`,
          }
          missing.push({ ...place, expected, got: verbatim(quote(whole)) })
          return whole
        }
        const [, name = '', fallback] = reference
        const value = env[name]
        // As in a shell: a default also stands in for a variable that is set but empty.
        if (fallback !== undefined && (value === undefined || value === '')) return fallback
        if (value !== undefined) return value
        const expected = {
          en: `the environment variable ${name}, or a default: \${${name}:-…}`,
          ja: `環境変数 ${name}、または既定値 \${${name}:-…}`,
        }
        const suggestion = nearest(name, Object.keys(env))
        missing.push({
          ...place,
          expected,
          got: { en: 'it is not set', ja: '未設定' },
          ...(suggestion === undefined ? {} : { suggestion }),
        })
        return whole
      })
    },
  })
  return missing
}
