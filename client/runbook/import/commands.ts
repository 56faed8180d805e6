/** What a command of a block becomes: programs by their readers, around them pipes, chains, loops and `watch`. All or nothing: no half of it. */
import { isChange, kindOf } from '../../../domain/steps/catalogue.ts'
import { within } from './fits.ts'
import { whyNotShowing } from './programs/filters.ts'
import { type Around, because, type Call, manual, type Reading, unsureReading } from './programs/reading.ts'
import { programs } from './programs/table.ts'
import { inputOf, writesOrReads } from './redirections.ts'
import { type Argument, argumentOf, optionsIn } from './shell/arguments.ts'
import { parseScript } from './shell/parse.ts'
import type { Node, Simple, Statement } from './shell/script.ts'
import { countIn, measured } from './timings.ts'
import { unreadable } from './unreadable.ts'

/** Reads the commands of one block in order; what it assigns is known to what follows. */
export function readStatements(
  statements: readonly Statement[],
  aroundOf: (statement: Statement) => Around,
): readonly { readonly statement: Statement; readonly reading: Reading }[] {
  const variables = new Map<string, string>()
  return statements.map((statement) => {
    const { node } = statement
    if (mayAssign(node)) variables.clear()
    const reading =
      node.kind === 'unreadable'
        ? unreadable(node.why)
        : within(readNode(node, { variables, around: aroundOf(statement) }))
    return { statement, reading }
  })
}

/** Builtins of a shell that set variables by other means than `NAME=value`. */
const setters = new Set([
  '.',
  'declare',
  'eval',
  'local',
  'mapfile',
  'printf',
  'read',
  'source',
  'typeset',
  'unset',
])

/** Behind what is not understood nothing is known of variables any more. */
function mayAssign(node: Statement['node']): boolean {
  if (node.kind === 'simple') return setters.has(node.words[0]?.raw ?? '')
  return node.kind === 'other' || node.kind === 'unreadable'
}

/** What a part that may not run, or runs several times, has assigned is not known behind it. */
function forget(variables: Map<string, string>, inner: ReadonlyMap<string, string>): void {
  for (const name of new Set([...variables.keys(), ...inner.keys()]))
    if (variables.get(name) !== inner.get(name)) variables.delete(name)
}

/** What is known where a command stands; `variables` grows by its assignments. */
type Here = { readonly variables: Map<string, string>; readonly around: Around }

/** Nobody's runbook goes through more things in one loop. */
const mostTurns = 20

function readNode(node: Node, here: Here): Reading {
  switch (node.kind) {
    case 'simple':
      return readSimple(node, here, [])
    case 'pipeline':
      return readPipeline(node.commands, here)
    case 'chain':
      return readChain(node, here)
    case 'for':
      return readFor(node, here)
    case 'while':
      return readWhile(node, here)
    case 'other':
      return manual(`a person decides what it does (${node.what})`, `内容は人が判断します（${node.what}）`)
  }
}

function readPipeline([first, ...rest]: readonly Node[], here: Here): Reading {
  if (first?.kind !== 'simple') return manual('what a loop prints goes on', 'ループの出力が渡されています')
  const filters: Call['filters'][number][] = []
  for (const node of rest) {
    if (node.kind !== 'simple') return manual('what it prints goes on', '出力が渡されています')
    const [program, ...given] = node.words.map((word) => argumentOf(word, here.variables))
    const unfit = writesOrReads(node.redirections) ?? (node.assignments.length > 0 ? prefixed : undefined)
    if (unfit !== undefined) return unfit
    const filter = { program: program?.text ?? '', arguments: given }
    const why = whyNotShowing(filter)
    if (why !== undefined) return { manual: why }
    filters.push(filter)
  }
  return readSimple(first, here, filters)
}

/** `A || echo DOWN` is A; behind `&&` only a reading may stand, because a step does not wait for what was before it. */
function readChain({ first, rest }: Extract<Node, { readonly kind: 'chain' }>, here: Here): Reading {
  const readings = [readNode(first, here)]
  const variables = new Map(here.variables)
  for (const { operator, node } of rest) {
    const reading = readNode(node, { ...here, variables })
    forget(here.variables, variables)
    if (operator === '||' && !('nothing' in reading))
      return manual('what it does depends on a failure (||)', '失敗したかどうかで動作が変わります（||）')
    if (operator === '&&' && changes(reading))
      return manual(
        'it changes something only if what is before it succeeds (&&)',
        '直前の成功を条件に変更します（&&）',
      )
    readings.push(reading)
  }
  return all(readings)
}

function readFor(loop: Extract<Node, { readonly kind: 'for' }>, here: Here): Reading {
  const timed = measured(loop)
  if (timed !== undefined) {
    const reading = readNode(timed.node, here)
    const [one, ...more] = 'steps' in reading ? reading.steps : []
    if (one?.kind === 'http.health' && more.length === 0)
      return {
        steps: [
          { kind: 'http.timings', with: { url: one.with.url, times: timed.times, every: timed.every } },
        ],
        why: { en: `${timed.times} answers, one after the other`, ja: `${timed.times} 回の連続測定` },
      }
  }
  const count = countIn(loop.words)
  const given =
    count === undefined ? loop.words.map((word) => argumentOf(word, here.variables)) : counted(count)
  const unsure = given.map(unsureReading).find((each) => each !== undefined)
  if (unsure !== undefined) return unsure
  if (given.length > mostTurns) return manual('a loop of many turns', '回数の多いループです')
  const variables = new Map(here.variables)
  const readings = given.flatMap(({ text }) => {
    variables.set(loop.variable, text)
    return loop.body.map((node) => readNode(node, { ...here, variables }))
  })
  forget(here.variables, variables)
  const reading = all(readings)
  return count !== undefined && changes(reading) ? repeatedChange : reading
}

function counted(count: number): readonly Argument[] {
  return Array.from({ length: Math.min(count, mostTurns + 1) }, (_, i) => ({ text: String(i + 1) }))
}

/** A loop without an end is its body, once: `hikeshi watch` follows an incident. */
function readWhile({ condition, body }: Extract<Node, { readonly kind: 'while' }>, here: Here): Reading {
  const [only, ...more] = condition
  const isEndless =
    only?.kind === 'simple' && more.length === 0 && /^(true|:)$/.test(only.words[0]?.raw ?? '')
  if (!isEndless) return manual('a loop that ends by a condition', '条件で終わるループです')
  const variables = new Map(here.variables)
  const reading = all(body.map((node) => readNode(node, { ...here, variables })))
  forget(here.variables, variables)
  return changes(reading) ? repeatedChange : reading
}

const repeatedChange = manual('it changes something again and again', '変更を繰り返します')
const prefixed = manual('it sets variables for one command', 'コマンド用の変数を設定しています')

/** Programs that only say how another one is started. */
const wrappers = new Set(['time', 'timeout', 'sudo', 'watch', 'export'])

function readSimple(simple: Simple, here: Here, filters: Call['filters']): Reading {
  const unfit = writesOrReads(simple.redirections)
  if (unfit !== undefined) return unfit
  if (simple.words.length === 0) return assign(simple, here)
  if (simple.assignments.length > 0) return prefixed
  const given = simple.words.map((word) => argumentOf(word, here.variables))
  const input = inputOf(simple.redirections, here.variables)
  if (input === undefined) return manual('only the shell knows its input', '入力はシェルにしか分かりません')
  return readCall(given, { around: here.around, filters, ...input }, here)
}

function readCall(given: readonly Argument[], call: Call, here: Here): Reading {
  const [program, ...rest] = given
  if (program === undefined) return manual('there is no program', 'プログラムがありません')
  const unsure = unsureReading(program)
  if (unsure !== undefined) return unsure
  if (wrappers.has(program.text)) return readWrapped(program.text, rest, call, here)
  const read = programs.get(program.text.replace(/^(?:\/usr)?(?:\/local)?\/s?bin\//, ''))
  if (read === undefined)
    return manual(
      `${program.text} is not a program that steps are made from`,
      `${program.text} から手順は作れません`,
    )
  return read(rest, call)
}

function readWrapped(wrapper: string, rest: readonly Argument[], call: Call, here: Here): Reading {
  switch (wrapper) {
    case 'time':
      return readCall(rest, call, here)
    case 'timeout':
      return /^\d+[smh]?$/.test(rest[0]?.text ?? '')
        ? readCall(rest.slice(1), call, here)
        : unknownWrapper(wrapper)
    case 'sudo': {
      const { words, values, unknown } = optionsIn(rest, { values: { '-u': 'user' }, flags: {} }, true)
      const known =
        unknown === undefined && /^(kubectl|psql|pg_isready|redis-cli)$/.test(words[0]?.text ?? '')
      return known && values.size <= 1 ? readCall(words, call, here) : unknownWrapper(wrapper)
    }
    case 'watch':
      return readWatch(rest, call, here)
    default:
      return readExport(rest, here)
  }
}

function readWatch(rest: readonly Argument[], call: Call, here: Here): Reading {
  const { words, unknown } = optionsIn(
    rest,
    {
      values: { '-n': 'every', '--interval': 'every' },
      flags: { '-d': 'shown', '-t': 'shown', '-c': 'shown' },
    },
    true,
  )
  if (unknown !== undefined) return unknownWrapper('watch')
  const unsure = words.map(unsureReading).find((each) => each !== undefined)
  if (unsure !== undefined) return unsure
  // One word is a line for a shell, as watch takes it.
  const [script, ...more] = words
  const [statement, ...others] = parseScript(script?.text ?? '', 1)
  const isLine = more.length === 0 && statement !== undefined && others.length === 0
  if (isLine && statement.node.kind === 'unreadable') return unreadable(statement.node.why)
  const node = isLine ? statement.node : undefined
  const reading =
    node === undefined || node.kind === 'unreadable' ? readCall(words, call, here) : readNode(node, here)
  if (changes(reading)) return repeatedChange
  return 'steps' in reading
    ? {
        ...reading,
        why: because(reading.why, { en: 'read once instead of watched', ja: '繰り返さず 1 回だけ取得' }),
      }
    : reading
}

function readExport(rest: readonly Argument[], { variables }: Here): Reading {
  for (const { text, unsure } of rest) {
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text) ?? []
    if (name === undefined || value === undefined || unsure !== undefined)
      return manual('it sets up the shell', 'シェルの設定です')
    variables.set(name, value)
  }
  return assigned
}

const assigned: Reading = {
  nothing: { en: 'its value is known to what follows', ja: '値は以降のコマンドに反映' },
}

function assign({ assignments }: Simple, { variables }: Here): Reading {
  for (const { name, value } of assignments) {
    const argument = argumentOf(value, variables)
    const unsure = unsureReading(argument)
    variables.delete(name)
    if (unsure !== undefined) return unsure
    variables.set(name, argument.text)
  }
  return assigned
}

/** Several readings as one: a part that is for a person makes all of it a person's. */
function all(readings: readonly Reading[]): Reading {
  const forPerson = readings.find((each) => 'manual' in each)
  if (forPerson !== undefined) return forPerson
  const done = readings.flatMap((each) => ('steps' in each ? [each] : []))
  const [first] = done
  if (first === undefined) return readings[0] ?? { nothing: { en: 'nothing', ja: 'なし' } }
  const whys = [...new Map(done.map(({ why }) => [why.en, why])).values()]
  return { steps: done.flatMap(({ steps }) => steps), why: because(...whys) }
}

function changes(reading: Reading): boolean {
  const kinds = 'steps' in reading ? reading.steps.map(({ kind }) => kindOf(kind)) : []
  return kinds.some((kind) => kind !== undefined && isChange(kind))
}

function unknownWrapper(program: string): Reading {
  return manual(`how ${program} starts it is not understood`, `${program} による起動方法が特殊です`)
}
