/** A document by its headings, and what each part is for: a severity, a checklist, escalation, or a symptom with its steps. */
import { type Severity, severities } from '../../../../domain/words.ts'
import type { Block } from '../markdown/blocks.ts'
import { isMarkedSymptom, titleOf } from './names.ts'

export type Section = {
  readonly line: number
  readonly level: number
  /** As it was written. */
  readonly heading: string
  /** The sections around it, the nearest one first. */
  readonly around: readonly Heading[]
  readonly role: Role
  readonly blocks: readonly Block[]
}

type Heading = { readonly line: number; readonly level: number; readonly heading: string }

export type Role =
  | { readonly kind: 'severity'; readonly severity: Severity; readonly title: string }
  | { readonly kind: 'escalation' }
  | { readonly kind: 'checklist'; readonly of: 'firstResponse' | 'afterwards' }
  | { readonly kind: 'symptom' }

/** The parts of a document in order; what stands before the first heading belongs to a part without one. */
export function sectionsOf(blocks: readonly Block[]): readonly Section[] {
  type Open = Heading & { readonly around: readonly Heading[]; readonly blocks: Block[] }
  const sections: Open[] = [{ line: 1, level: 0, heading: '', around: [], blocks: [] }]
  for (const block of blocks) {
    const last = sections.at(-1)
    if (block.kind === 'heading') {
      const open = last === undefined ? [] : [last, ...last.around]
      const around = open.filter(({ level }) => level > 0 && level < block.level)
      sections.push({ line: block.line, level: block.level, heading: block.text, around, blocks: [] })
    } else last?.blocks.push(block)
  }
  // A document that counts its severities from 0 on says something else by 1.
  const from = sections.some(({ heading }) => fromZero.test(titleOf(heading))) ? 0 : 1
  return sections.map((section) => ({ ...section, role: roleOf(section, from) }))
}

const fromZero = /^(?:SEV(?:ERITY)?[- ]?|P)0\b/

/** By its own heading first, then by those around it. */
function roleOf(section: Omit<Section, 'role'>, from: 0 | 1): Role {
  if (isMarkedSymptom(section.heading)) return { kind: 'symptom' }
  for (const { heading } of [section, ...section.around]) {
    const own = namedRole(heading, from)
    if (own !== undefined) return own
  }
  return { kind: 'symptom' }
}

function namedRole(heading: string, from: 0 | 1): Role | undefined {
  const severity = severityIn(heading, from)
  if (severity !== undefined) return { kind: 'severity', ...severity }
  if (/エスカレーション|連絡体制|escalat/i.test(heading)) return { kind: 'escalation' }
  if (afterwards.test(heading)) return { kind: 'checklist', of: 'afterwards' }
  if (first.test(heading)) return { kind: 'checklist', of: 'firstResponse' }
  return undefined
}

const afterwards =
  /事後|終了後|振り返り|after[- ](?:the )?(?:incident|care)|afterwards|post[- ]?(?:incident|mortem)|follow[- ]?ups?|wrap[- ]?up|closing/i
const first =
  /初動|first[- ](?:response|steps|5|five|10|ten)|initial (?:response|steps|actions)|when (?:the|you are) page/i

const named: { readonly [word: string]: Severity } = {
  CRITICAL: 'CRITICAL',
  HIGH: 'HIGH',
  MEDIUM: 'MEDIUM',
  LOW: 'LOW',
}

/** `CRITICAL - …`, `SEV1: …`, `P2`; "High latency" is none. */
function severityIn(
  heading: string,
  from: 0 | 1,
): { readonly severity: Severity; readonly title: string } | undefined {
  const title = titleOf(heading)
  const [, word = '', number, rest = ''] =
    /^(?:(CRITICAL|HIGH|MEDIUM|LOW)|(?:SEV(?:ERITY)?[- ]?|P)([0-4]))\s*(?:$|[-–—:：(（]\s*(.*?)[)）]?$)/.exec(
      title,
    ) ?? []
  const severity = named[word] ?? (number === undefined ? undefined : severities[Number(number) - from])
  return severity === undefined ? undefined : { severity, title: rest }
}
