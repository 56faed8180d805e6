/** The levels of logs, by the words and numbers of many libraries. */

const errors: ReadonlySet<string> = new Set([
  ...['error', 'err', 'eror', 'severe', 'critical', 'crit', 'fatal', 'ftl', 'panic', 'dpanic'],
  ...['emerg', 'emergency', 'alert', 'fail', 'failure'],
])
const others: ReadonlySet<string> = new Set([
  ...['trace', 'trc', 'trce', 'verbose', 'vrb', 'debug', 'dbg', 'debu', 'fine', 'finer', 'finest'],
  ...['info', 'inf', 'information', 'informational', 'notice', 'warn', 'wrn', 'warning'],
])
/** Levels where nothing but a level can stand. */
const otherValues: ReadonlySet<string> = new Set([
  'default',
  'log',
  'success',
  'ok',
  'audit',
  'config',
  'note',
])

/** pino and bunyan count 10, 20 … 60; from 50 on it is an error. Figures below 10 are syslog's, where less is worse. */
const errorFrom = 50
const worstOfSyslog = 3

export type Level = 'error' | 'other'

/** Of a word in the middle of a line; undefined for what is no level. */
export function levelOfWord(word: string): Level | undefined {
  const lower = word.toLowerCase()
  return errors.has(lower) ? 'error' : others.has(lower) ? 'other' : undefined
}

/** Of the value of a field that is a level; undefined for what is none. */
export function levelOfValue(value: string | number): Level | undefined {
  if (typeof value === 'number')
    return value >= errorFrom || (value >= 0 && value <= worstOfSyslog) ? 'error' : 'other'
  const word = value.trim()
  if (/^\d+$/.test(word)) return levelOfValue(Number(word))
  return levelOfWord(word) ?? (otherValues.has(word.toLowerCase()) ? 'other' : undefined)
}
