/** What a secret looks like in a line; the rules that know it. */

/** What is found is replaced; where a rule has named groups, only the one that took part. */
export type MaskRule = { readonly name: string; readonly pattern: RegExp }

/** The time that a kubelet puts before each line. */
export const stamp = String.raw`\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) `

export const secretNames = [
  'pass(?:word|wd|phrase|code)',
  'pwd',
  'rediscli_auth',
  '[_-]pass',
  'secret',
  'secret_key_base',
  'signature',
  '(?<![a-z])sig',
  'token',
  '(?:api|access|account|private|secret|signing|encryption|shared[_-]?access)[_-]?key',
  'credentials?',
  'authorization',
  '(?:set-)?cookie',
  'session[_-]?id',
  'パスワード',
  '暗証番号',
  '秘密鍵',
  'トークン',
].join('|')

/** A quoted text may hold escaped quotes; quotes may be escaped themselves, once or several times, where JSON stands inside JSON. */
const quoted = [
  String.raw`"(?<double>(?:[^"\\\n]|\\[^\n])+)`,
  String.raw`'(?<single>(?:[^'\\\n]|\\[^\n])+)`,
  String.raw`\\+"(?<doubleInside>[^"\\\n]+)`,
  String.raw`\\+'(?<singleInside>[^'\\\n]+)`,
].join('|')

/** Up to a space or a quote, also one that is escaped. */
const bare = String.raw`(?:[^\s"'\\]|\\(?!\\{0,8}["']))+`
/** Between a name and its value; `kubectl describe` and aligned files put columns of blanks there. */
const is = String.raw`[ \t]{0,60}(?:=>|[:=：＝])[ \t]{0,60}`
/** A block of YAML begins behind it. */
export const block = '[|>][-+1-9]{0,2}'
/** What stands in the place of a secret. */
export const mark = String.raw`\[masked:[\w.-]{1,60}\]`
const noSecret = String.raw`(?!${mark}(?:[\s"'\\,;&)}\]]|$)|<set to the key |${block}(?:\s|\\{1,8}[nr]|${mark}|$)|(?:null|true|false|undefined|none)(?:[\s"'\\,;&)}\]]|$))`

/** Programs that take a password behind a flag of one letter: right behind it, or as the next word. */
export const clients = [
  {
    programs: 'mysql(?:dump|admin|import|check|show|slap|sh|binlog|pump)?|mariadb(?:-[a-z]{1,20})?|mycli',
    joined: '-p',
  },
  { programs: 'redis-cli|valkey-cli|keydb-cli', apart: '-a|--pass' },
  {
    programs: 'sshpass|mongo(?:sh|dump|restore|export|import|stat|top)?|cqlsh|(?:docker|podman) login',
    joined: '-p',
    apart: '-p',
  },
] as const

/** A rule whose pattern takes a whole command, `within` which the secrets stand: so each line is searched once, however often it names a program. */
export type BuiltIn = MaskRule & { readonly within?: RegExp }

/** What `docker run -p` takes. */
export const ports = String.raw`\d+:\d+`

/** A command ends where the next one begins, and no flag of that one is meant. */
const clientRules: readonly BuiltIn[] = clients.map(({ programs, ...flags }) => {
  const value = String.raw`(?:${quoted}|(?<bare>(?!\[masked:|${ports}(?:[\s"']|$))${bare}))`
  const next = String.raw`(?:\\*["'])?(?:,[ \t]{0,3}|[ \t]{1,3})`
  const ways = [
    ...('joined' in flags ? [`(?:${flags.joined})`] : []),
    ...('apart' in flags ? [`(?:${flags.apart})${next}(?!-)`] : []),
  ]
  return {
    name: 'flag',
    pattern: new RegExp(
      String.raw`(?<![\w.-])(?:${programs})(?=(?:\\*["'])?[, \t])(?:"[^"\n]*"|'[^'\n]*'|(?![ \t]{0,3};[ \t]|[ \t](?:&&|\|\|?)[ \t])[^\n])*`,
      'g',
    ),
    within: new RegExp(String.raw`(?<=[\s"'])(?:${ways.join('|')})${value}`, 'g'),
  }
})

/** A line of a key or certificate, wherever its beginning was. */
export const lineOfKey: BuiltIn = {
  name: 'private-key',
  pattern: /(?<=^|\s)[A-Za-z0-9+/]{60,}={0,2}(?=[ \t]{0,8}(?:\[cut\])?$)/gm,
}

/** All others. */
export const builtIn: readonly BuiltIn[] = [
  { name: 'private-key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[^\n]*/g },
  // The beginnings of keys and of registries' passwords as a Secret holds them, in base64.
  { name: 'private-key', pattern: /(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/=]*/g },
  { name: 'registry', pattern: /(?<![A-Za-z0-9+/])eyJhdXRocyI6[A-Za-z0-9+/=]*/g },
  { name: 'url', pattern: /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/]{0,200}:(?<secret>[^\s/]{1,500})@/gi },
  // The whole line, and within quotes as far as they go.
  {
    name: 'header',
    pattern:
      /(?:cookie|authorization)[ \t]{0,3}:[ \t]{0,3}(?<secret>(?:="[^"\\\n]*"|='[^'\\\n]*'|[^"'\\\r\n])+)/gi,
  },
  { name: 'jwt', pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g },
  { name: 'aws', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'github', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g },
  { name: 'gitlab', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  {
    name: 'slack',
    pattern: /\bxox[a-z]-[A-Za-z0-9-]{10,}|hooks\.slack\.com\/services\/(?<secret>[A-Za-z0-9/]+)/g,
  },
  { name: 'google', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { name: 'stripe', pattern: /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}/g },
  { name: 'model-api', pattern: /\bsk-[A-Za-z0-9_-]{20,}/g },
  { name: 'npm', pattern: /\bnpm_[A-Za-z0-9]{30,}/g },
  { name: 'sendgrid', pattern: /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g },
  {
    name: 'authorization',
    pattern: /\b(?:bearer|basic|digest|token)[ \t]+(?<secret>[A-Za-z0-9._~+/=-]{12,})/gi,
  },
  // `password=…`, `"apiKey": "…"`, `DB_PASSWORD: …`, `--token …`; what is counted (`max_tokens=512`) is no secret.
  {
    name: 'named',
    pattern: new RegExp(
      String.raw`(?:${secretNames})(?:\\*["'])?${is}(?:\[[ \t]{0,3}(?=\\*["']))?(?:${quoted}|(?<bare>${noSecret}${bare}))`,
      'gi',
    ),
  },
  // A block of YAML that is written as a text in one line.
  {
    name: 'named',
    pattern: new RegExp(
      String.raw`(?:${secretNames})(?:\\*["'])?:[ \t]{1,60}${block}(?<secret>(?:\\{1,8}n[ ]{1,60}[^\\\n"]+)+)`,
      'gi',
    ),
  },
  // A variable of a container in JSON.
  {
    name: 'named',
    pattern: new RegExp(
      String.raw`name\\*["'][ \t]{0,3}:[ \t]{0,3}\\*["'][^"'\\\n]{0,100}(?:${secretNames})\\*["'],[ \t]{0,3}\\*["']value\\*["'][ \t]{0,3}:[ \t]{0,3}(?:${quoted})`,
      'gi',
    ),
  },
  {
    name: 'named',
    pattern: new RegExp(String.raw`<[\w:.-]{0,30}(?:${secretNames})>(?<element>[^<\n]{1,500})<`, 'gi'),
  },
  // What a database logs of a new password, and the settings of Redis.
  { name: 'sql', pattern: /\b(?:password|identified by)[ \t]{1,3}'(?<secret>(?:[^'\n]|'')+)'/gi },
  { name: 'redis', pattern: /\b(?:requirepass|masterauth)["']?[ \t]{1,3}["']?(?<secret>[^\s"']+)/gi },
  // A line of `.netrc`.
  {
    name: 'netrc',
    pattern: new RegExp(
      String.raw`\b(?:machine|login)[ \t]{1,60}[^\s"',]{1,256}[ \t]{1,60}(?:(?:login|account)[ \t]{1,60}[^\s"',]{1,256}[ \t]{1,60}){0,2}password[ \t]{1,60}(?:${quoted}|(?<bare>${bare}))`,
      'g',
    ),
  },
  ...clientRules,
  // `curl -u NAME:PASSWORD`; two numbers are a user and a group.
  {
    name: 'user',
    pattern:
      /(?<![\w-])(?:-u|--user|--proxy-user)[ =]{1,3}["']?(?!\d+:\d+(?:[\s"']|$))[^\s:"'/=]{1,100}:(?<secret>[^\s"']+)/g,
  },
  {
    name: 'flag',
    pattern: new RegExp(
      String.raw`--(?:[a-z-]{0,30})(?:${secretNames})[ \t]+(?:${quoted}|(?<bare>[^\s"'-][^\s"']*))`,
      'gi',
    ),
  },
]

/**
 * What nearly every line lacks: only the lines that have it are looked at by rule. By first letters, because every character of every log
 * is held against it.
 */
const suspicious = new RegExp(
  [
    'パスワード|暗証番号|秘密鍵|トークン|:\\/\\/|LS0tLS1C',
    '-(?:u[ =]|-(?:proxy-)?user)',
    'a(?:uthoriz|kia|sia|iza)',
    'b(?:earer|asic)',
    'c(?:redential|ookie|qlsh)',
    'd(?:igest|ocker login)',
    'eyJ',
    'g(?:h[pousr]_|ithub_pat|lpat)',
    'identified by',
    'key',
    'm(?:asterauth|ysql|ariadb|ycli|ongo)',
    'npm_',
    'p(?:ass|wd|odman login)',
    'r(?:k[_-]|edis-?cli)',
    's(?:ecret|ession|shpass|ig|lack|k[_-]|g\\.)',
    'token',
    'valkey-cli',
    'xox',
  ].join('|'),
  'gi',
)

/** Where a line that is to be looked at goes on, from a place in a text; -1 where none does. */
export function suspiciousFrom(text: string, from: number): number {
  suspicious.lastIndex = from
  return suspicious.exec(text)?.index ?? -1
}

/** The same for what may be a line of a key or certificate: nothing but a run of base64. */
export function longRunFrom(text: string, from: number): number {
  // From the end of where one would have to be: mostly one character tells of 60.
  for (let at = from + shortestRun - 1; at < text.length; at += shortestRun) {
    let before = at
    while (before > at - shortestRun && isBase64(text.charCodeAt(before))) before -= 1
    if (before === at - shortestRun) return at
    at = before
  }
  return -1
}

const shortestRun = 60

function isBase64(code: number): boolean {
  // Digits and `/`, capitals, small letters, `+`.
  return (
    (code >= 47 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 43
  )
}
