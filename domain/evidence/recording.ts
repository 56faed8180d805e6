/**
 * A command that somebody ran by hand and recorded: the file says what it printed, a note in the timeline says which command it was, how it
 * ended, and by its SHA-256 which file.
 */
import { showBytes } from '../bytes.ts'
import { counted } from '../counted.ts'
import { showDuration } from '../duration.ts'
import { escaped, replaceInvisible } from '../invisible.ts'
import { present } from '../present.ts'
import { shellQuoted } from '../shell.ts'
import { cutTo, type Lang } from '../words.ts'
import type { Masked } from './mask.ts'
import { maskValue } from './mask-value.ts'

/** Recordings lie in a bundle below this. */
export const recordingsBelow = 'recordings'

/** `20261130T180102Z-1f2e3d4c.log` */
export const recordingName = /^\d{8}T\d{6}Z-[0-9a-f]{8}\.log$/

const format = '# hikeshi-recording-1 '

/** The first line of a recording. */
export type RecordingHead = {
  readonly incident: string
  /** Of the incident: its number may have been given out elsewhere too. Missing where nobody answered when the recording began. */
  readonly declaredAt?: string
  readonly by: string
  readonly at: string
  /** Masked; empty of a shell. */
  readonly command: readonly string[]
}

export function headLine(head: RecordingHead): string {
  return `${format}${JSON.stringify(head)}\n`
}

/** Of the first line of a file; undefined where that is no recording. */
export function headOf(line: string): RecordingHead | undefined {
  if (!line.startsWith(format)) return undefined
  try {
    const { incident, declaredAt, by, at, command } = Object(JSON.parse(line.slice(format.length)))
    if (typeof incident !== 'string' || typeof at !== 'string' || !Array.isArray(command)) return undefined
    return {
      incident,
      by: String(by),
      at,
      command: command.map(String),
      ...present({ declaredAt: typeof declaredAt === 'string' ? declaredAt : undefined }),
    }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether a recording is of this incident, and not of one that had its number elsewhere. */
export function isRecordingOf(
  { incident, declaredAt, at }: RecordingHead,
  of: { readonly incident: string; readonly declaredAtMs: number },
): boolean {
  if (incident !== of.incident) return false
  return declaredAt === undefined
    ? Date.parse(at) >= of.declaredAtMs
    : Date.parse(declaredAt) === of.declaredAtMs
}

/** How a recording ended. */
export type Recorded = {
  readonly file: string
  /** As it was typed, masked; empty of a shell. */
  readonly command: readonly string[]
  readonly exit: number
  readonly tookMs: number
  readonly lines: number
  readonly bytes: number
  /** Secrets that were taken out. */
  readonly masked: number
  /** Bytes that were printed and not kept. */
  readonly cutBytes: number
  readonly sha256: string
}

const longestCommand = 2_000

/** What stands in the timeline. The last line is the same in every language: `evidence` reads it. */
export function recordingNote(recorded: Recorded, lang: Lang): string {
  const { file, command, exit, tookMs, lines, bytes, masked, cutBytes, sha256 } = recorded
  const shell = { en: 'a shell', ja: 'シェル' }[lang]
  const words = command.length === 0 ? shell : cutTo(commandLine(command), longestCommand)
  const took = showDuration(tookMs)
  const cut = cutBytes === 0 ? undefined : showBytes(cutBytes)
  const says = {
    en: [
      `recorded: ${words}`,
      [
        `exit code ${exit} after ${took}`,
        counted(lines, 'line'),
        showBytes(bytes),
        ...(masked === 0 ? [] : [`${counted(masked, 'secret')} masked`]),
        ...(cut === undefined ? [] : [`${cut} more were printed and not kept`]),
      ].join(', '),
    ],
    ja: [
      `記録: ${words}`,
      [
        `終了コード ${exit}（所要 ${took}）`,
        `${lines} 行`,
        showBytes(bytes),
        ...(masked === 0 ? [] : [`秘密情報のマスク ${masked} 件`]),
        ...(cut === undefined ? [] : [`上限を超えた ${cut} は未保存`]),
      ].join('、'),
    ],
  }[lang]
  return [...says, `${recordingsBelow}/${file} sha256 ${sha256}`].join('\n')
}

/** Told in the timeline: which files there must be, and with which content. */
export function recordingsTold(
  events: readonly { readonly seq: number; readonly type: string; readonly data: unknown }[],
): readonly { readonly seq: number; readonly path: string; readonly sha256: string }[] {
  return events.flatMap(({ seq, type, data }) => {
    if (type !== 'noted') return []
    const last = String(Object(data).text).split('\n').at(-1) ?? ''
    const [, path, file, sha256] = /^(recordings\/(\S+)) sha256 ([0-9a-f]{64})$/.exec(last) ?? []
    if (path === undefined || sha256 === undefined || !recordingName.test(file ?? '')) return []
    return [{ seq, path, sha256 }]
  })
}

/** A command without its secrets: also those that stand behind a flag of their own. */
export function maskedCommand(words: readonly string[], mask: (text: string) => Masked): readonly string[] {
  return (maskValue(words, mask) as readonly string[]).map((word) => replaceInvisible(word, escaped))
}

/** As somebody could type it into a shell, on one line. */
function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : shellQuoted(word)))
    .join(' ')
    .replace(/[\n\t]/g, escaped)
}
