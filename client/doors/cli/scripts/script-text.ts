/** A script as it lies in a folder: POSIX sh, without a program but hikeshi. */
import { shellQuoted } from '../../../../domain/shell.ts'
import type { Text } from '../../../../domain/words.ts'
import { type Flag, incidentVerbs, type Script } from './scripts.ts'

/** What a folder of scripts is written for: the program that they call, and the service that is meant where nobody says. */
export type For = { readonly program: string; readonly service?: string | undefined }

/** The text of one script. */
export function scriptText(script: Script, { program, service }: For): string {
  const flags = script.flags.map((flag) =>
    flag.name === 'service' && service ? { ...flag, fallback: service } : flag,
  )
  const names = flags.map(({ name }) => `--${name}`)
  return [
    ...top(script.name, script.says, program),
    ...help(helpText({ ...script, flags })),
    ...complain(script.name),
    '',
    ...flags.map((flag) => `${variable(flag)}=${quoted(flag.fallback ?? '')}`),
    'while [ $# -gt 0 ]; do',
    '  case $1 in',
    '  -h | --help) help; exit 0 ;;',
    '  --) shift; break ;;',
    ...(names.length === 0
      ? []
      : [
          `  ${names.map((name) => `${name}=*`).join(' | ')}) name=\${1%%=*} value=\${1#*=}; shift ;;`,
          `  ${names.join(' | ')})`,
          `    [ $# -gt 1 ] || ${fail({ en: '"$1 needs a value"', ja: '"$1 に値がありません"' })}`,
          '    name=$1 value=$2; shift 2 ;;',
        ]),
    `  *) ${fail({ en: '"unknown: $1"', ja: '"不明な引数です: $1"' })} ;;`,
    '  esac',
    ...(names.length === 0
      ? []
      : [
          `  [ -n "$value" ] || ${fail({ en: '"$name needs a value"', ja: '"$name に値がありません"' })}`,
          '  case $name in',
          ...flags.map((flag) => `  --${flag.name}) ${variable(flag)}=$value ;;`),
          '  esac',
        ]),
    'done',
    ...flags.flatMap(checks),
    '',
    '# What stands behind -- is for hikeshi itself, such as -o json.',
    `set -- ${script.verb.map((word) => wordText(word)).join(' ')} "$@"`,
    ...flags.flatMap(({ words, ...flag }) =>
      words === undefined
        ? []
        : [`[ -z "$${variable(flag)}" ] || set -- "$@" ${words.map((word) => given(word, flag)).join(' ')}`],
    ),
    ...(script.last === undefined ? [] : [`set -- "$@" ${script.last.join(' ')}`]),
    'exec "$program" "$@"',
    '',
  ].join('\n')
}

/** `incident.sh`, which is the command line under another name. */
export function incidentScriptText({ program }: For): string {
  const says = { en: 'declare incidents and work on them', ja: 'インシデント管理' }
  const example = 'declare --severity=HIGH --service=backend --description="5xx"'
  const verbs = incidentVerbs.join(', ')
  const name = 'incident.sh'
  return [
    ...top(name, says, program),
    ...help({
      en: `${name}: ${says.en}\n\n  ${name} VERB [arguments]\n\nVerbs: ${verbs}\nEach explains itself: ${name} VERB --help\n\nExample:\n  ${name} ${example}`,
      ja: `${name}: ${says.ja}\n\n  ${name} 操作 [引数]\n\n操作: ${verbs}\n各操作の説明: ${name} 操作 --help\n\n例:\n  ${name} ${example}`,
    }),
    ...complain(name),
    '',
    `case \${1-} in`,
    '-h | --help) help; exit 0 ;;',
    `${incidentVerbs.join(' | ')}) exec "$program" "$@" ;;`,
    `'') ${fail({ en: '"a verb is missing"', ja: '"操作がありません"' })} ;;`,
    `*) ${fail({ en: '"unknown: $1"', ja: '"不明な操作です: $1"' })} ;;`,
    'esac',
    '',
  ].join('\n')
}

function top(name: string, says: Text, program: string): readonly string[] {
  return [
    '#!/bin/sh',
    `# ${name}: ${says.en}. Written by "hikeshi scripts install": one verb of hikeshi, whose exit code it keeps.`,
    'set -u',
    `program=\${HIKESHI:-${quoted(program)}}`,
    '',
    `japanese() { case \${LC_ALL:-\${LC_MESSAGES:-\${LANG:-}}} in ja*) ;; *) return 1 ;; esac; }`,
  ]
}

function help({ en, ja }: Text): readonly string[] {
  return [
    'help() {',
    `  if japanese; then printf '%s\\n' ${quoted(ja)}`,
    `  else printf '%s\\n' ${quoted(en)}; fi`,
    '}',
  ]
}

/** Usage that is wrong ends with 2, as on the command line. */
function complain(name: string): readonly string[] {
  return [
    'fail() {',
    `  if japanese; then printf '%s\\n' "${name}: $2（${name} --help を参照）" >&2`,
    `  else printf '%s\\n' "${name}: $1 (see ${name} --help)" >&2; fi`,
    '  exit 2',
    '}',
  ]
}

function helpText({ name, says, flags, example }: Script): Text {
  const line = (lang: keyof Text) => (flag: Flag) => {
    const choices = flag.choices === undefined ? '' : ` [${flag.choices.join('|')}]`
    const fallback =
      flag.fallback === undefined || flag.name === 'incident' || flag.name === 'step'
        ? ''
        : { en: ` (default: ${flag.fallback})`, ja: `（既定: ${flag.fallback}）` }[lang]
    const needed = flag.needed && flag.fallback === undefined ? { en: ' (needed)', ja: '（必須）' }[lang] : ''
    return `  --${flag.name}=…  ${flag.says[lang]}${choices}${fallback}${needed}`
  }
  const text = (lang: keyof Text, exampleTitle: string) =>
    [
      `${name}: ${says[lang]}`,
      '',
      ...flags.map(line(lang)),
      ...(flags.length > 0 ? [''] : []),
      exampleTitle,
      `  ${name} ${example}`.trimEnd(),
    ].join('\n')
  return { en: text('en', 'Example:'), ja: text('ja', '例:') }
}

function checks(flag: Flag): readonly string[] {
  const { name, needed, choices, words } = flag
  const missing = fail({ en: `"--${name} is missing"`, ja: `"--${name} がありません"` })
  const other = fail({
    en: `"--${name} is $${variable(flag)}, and can be: ${(choices ?? []).join(', ')}"`,
    ja: `"--${name} に指定できるのは ${(choices ?? []).join('、')} です: $${variable(flag)}"`,
  })
  return [
    ...(needed ? [`[ -n "$${variable(flag)}" ] || ${missing}`] : []),
    // The verb itself complains of what is handed to it.
    ...(words === undefined && choices !== undefined
      ? [`case $${variable(flag)} in ${choices.join(' | ')}) ;; *) ${other} ;; esac`]
      : []),
  ]
}

function fail({ en, ja }: Text): string {
  return `fail ${en} ${ja}`
}

function wordText(word: string): string {
  const name = /^\{(.+)\}$/.exec(word)?.[1]
  return name === undefined ? quoted(word) : `"$${variable({ name })}"`
}

function given(word: string, flag: Pick<Flag, 'name'>): string {
  return word.includes('$') ? `"${word.replace('$', () => `$${variable(flag)}`)}"` : quoted(word)
}

/** Not a name that the environment could bring along. */
function variable({ name }: Pick<Flag, 'name'>): string {
  return `flag_${name.replaceAll('-', '_')}`
}

function quoted(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : shellQuoted(word)
}
