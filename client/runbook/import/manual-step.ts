/** The one place where a step for a person is written. */

import type { Text } from '../../../domain/words.ts'
import { withoutSecrets } from './secrets.ts'

/** What a step consists of before it has a name and a title. */
export type BookStep = { readonly kind: string; readonly with: Readonly<Record<string, unknown>> }

export const manualKind = 'person.do'
/** Longest command that is kept, in UTF-16 units. */
const longest = 2_000

/** Words and the command to copy. A command that is too long stays in the document. */
export function manualStep(words: Text, command?: string): BookStep {
  const text = { en: inShellAlone(words.en), ja: inShellAlone(words.ja) }
  if (command === undefined) return { kind: manualKind, with: { text } }
  const shown = withoutSecrets(inShellAlone(command))
  if (shown.length <= longest) return { kind: manualKind, with: { text, commands: [shown] } }
  const more = {
    en: `${text.en} The command is too long to be kept here: copy it from the document.`,
    ja: `${text.ja}コマンドが長いため、文書からコピーしてください。`,
  }
  return { kind: manualKind, with: { text: more } }
}

/** `$service.x` is a placeholder of runbooks; to a shell `${service}.x` is the same. */
function inShellAlone(command: string): string {
  return command.replaceAll('$service.', () => `\${service}.`)
}
