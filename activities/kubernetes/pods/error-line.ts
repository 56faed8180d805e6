/**
 * Whether a line of a log tells of an error. What it says of its own level decides, in whatever shape; only a line without a level is
 * read for what it tells. A word alone decides nothing: `error-budget.json` is a file, `"error":null` and `errors=0` are good news.
 */
import { type Level, levelOfValue, levelOfWord } from './log-level.ts'

export function isErrorLine(line: string): boolean {
  const text = line.trim()
  return (levelIn(text) ?? tells(text)) === 'error'
}

function levelIn(text: string): Level | undefined {
  return levelOfJson(text) ?? levelOfPrefix(text) ?? levelOfPair(text) ?? levelOfToken(text)
}

/** JSON: pino, bunyan, zap, logrus, winston, structlog, ECS, GELF, OpenTelemetry, MongoDB, Google Cloud. */
function levelOfJson(text: string): Level | undefined {
  const fields = text.startsWith('{') ? jsonIn(text) : undefined
  // Cut, or none at all: its pairs are read then.
  if (fields === undefined) return undefined
  const level = levelNames.map((name) => fields[name]).find(isSaid) ?? fields.log?.level
  // GELF counts as syslog does, from 0 for the worst; the others count upwards.
  if (typeof level === 'number' && fields.short_message !== undefined) return level <= 3 ? 'error' : 'other'
  if (isSaid(level)) return levelOfValue(level)
  if (typeof fields.severitynumber === 'number') return fields.severitynumber >= 17 ? 'error' : 'other'
  // MongoDB: `s` is one of F, E, W, I, D1…D5, and `c` the component.
  if (isSaid(fields.s) && isSaid(fields.c)) return /^[FE]$/.test(String(fields.s)) ? 'error' : 'other'
  if (errorNames.some((name) => isTrouble(fields[name]))) return 'error'
  return tells(String(fields.msg ?? fields.message ?? '')) ?? 'other'
}

type Fields = { readonly [name: string]: unknown; readonly log?: { readonly level?: unknown } }

/** By their names in small letters. */
function jsonIn(text: string): Fields | undefined {
  try {
    const fields = Object.entries(JSON.parse(text))
    return Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]))
  } catch {
    return undefined
  }
}

const levelNames = [
  ...['level', 'severity', 'lvl', 'loglevel', 'log_level', 'log.level', 'levelname', 'level_name', '@level'],
  ...['severity_text', 'severitytext'],
]
const errorNames = ['error', 'err', 'exception', 'exc_info', 'stack', 'stack_trace', 'error.message']

function isSaid(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && value !== '')
}

function isTrouble(value: unknown): boolean {
  if (typeof value === 'string') return !/^(?:|none|null|nil|false|0|no error|ok)$/i.test(value.trim())
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value === true
}

/** klog and glog (`E1124 03:00:00.…`), Ruby's logger (`E, [2026-…`), the priority of syslog and the kernel (`<3>`, `<11>1 2026-…`). */
function levelOfPrefix(text: string): Level | undefined {
  const [, letter] = /^([DIWEF])(?:\d{4} \d\d:\d\d:\d\d|, \[\d{4}-)/.exec(text) ?? []
  if (letter !== undefined) return /[EF]/.test(letter) ? 'error' : 'other'
  const [, priority] = /^<(\d{1,3})>/.exec(text) ?? []
  return priority === undefined ? undefined : Number(priority) % 8 <= 3 ? 'error' : 'other'
}

/** logfmt and its like: `level=error`, `lvl=eror`; also of a JSON that was cut. */
function levelOfPair(text: string): Level | undefined {
  const pair =
    /(?:^|[\s,{([])(["']?)(?:level|lvl|severity|log_?level|log\.level|levelname)\1\s*[=:]\s*["']?(\w+)/i
  const [, quote, value] = pair.exec(text) ?? []
  if (value === undefined) return undefined
  // A figure is a level where its name is quoted; else it may be one of compression or water.
  return quote === '' ? levelOfWord(value) : levelOfValue(value)
}

/**
 * The first level that stands alone: in brackets in any case (nginx, Apache's `[core:error]`, Envoy, Elasticsearch, Serilog), or in
 * capitals (log4j, logback, Python, PostgreSQL, zerolog, log15). In a path, a name or quotes it is none.
 */
function levelOfToken(text: string): Level | undefined {
  const tokens =
    /(?<!\S)(LOG|DETAIL|HINT|STATEMENT|CONTEXT|CONFIG):|[[<](?:\w+:)?\s*([A-Za-z]{3,13})\s*[\]>]|(?<![^\s(|:,;*])([A-Z]{3,13})(?![^\s)\]|:,;!*])/g
  for (const [, postgres, bracketed, capitals] of text.slice(0, 200).matchAll(tokens)) {
    const level = postgres === undefined ? levelOfWord(bracketed ?? capitals ?? '') : 'other'
    if (level !== undefined) return level
  }
  return undefined
}

const errorsTold: readonly RegExp[] = [
  /^Traceback \(most recent call last\)/,
  // An error by its name, as runtimes print it: TypeError: …, java.lang.IllegalStateException: …, Caused by: …
  /^(?:(?:Caused by|Suppressed|Uncaught|Unhandled [\w ]+|Exception in thread "[^"]*"):? )?(?:[A-Za-z_$][\w$]*(?:\.|::|\/))*[A-Z]\w*(?:Error|Exception)\b(?=:|$| \[| \(| at )/,
  /^(?:Uncaught|Unhandled) (?:exception|error|rejection|promise)/i,
  /^(?:\S+: )?(?:PHP )?(?:fatal error|fatal|error|panic|critical|fail|crit)(?:\[\w+\])?(?: [\w-]+)?:\s+(?!(?:none|null|nil|no|ok|false|0)\b)/i,
  /^(?:npm|yarn|pnpm) ERR!/,
  /^thread '.*' (?:\(\d+\) )?panicked at/,
  /^goroutine \d+ \[running\]:/,
  /\bSegmentation fault\b|\bcore dumped\b|\bOut of memory: Kill(?:ed)? process\b/,
  // Not where it says that there is none, nor as a part of a rate, a code or a file's name.
  /(?:エラー|例外)(?!なし|無し|は?(?:あり|発生して(?:い|おり))ません|件数|[:：= ]*0(?!\d)|率|予算|バジェット|ログ|コード|処理|ハンドリング|ページ|[\w-]*\.\w)/,
  /致命的|異常終了|[にが]失敗しました/,
]

function tells(text: string): Level | undefined {
  const beginning = text.slice(0, 500)
  return errorsTold.some((pattern) => pattern.test(beginning)) ? 'error' : undefined
}
