/** kubectl: its global options, and a table from its verbs to readers. */
import { kubernetesName } from '../../../../domain/names.ts'
import type { Text } from '../../../../domain/words.ts'
import { type Argument, type Given, type Options, optionsIn, valueIn } from '../shell/arguments.ts'
import { readDelete, readRollout, readScale, readSetResources } from './kubectl-changes.ts'
import { readExec } from './kubectl-exec.ts'
import { readEvents, readLogs, readPods, readRollouts, readTop } from './kubectl-reads.ts'
import { type Call, manual, type Program, type Reading, unknownOption, unsureReading } from './reading.ts'

const globalValues = {
  '-n': 'namespace',
  '--namespace': 'namespace',
  '--context': 'context',
  '--request-timeout': 'ignored',
} as const

/** What a verb takes besides, and how it is read. */
export type Verb = {
  readonly options: Options
  readonly read: (given: Given, call: Call) => Reading
}

const get: Options = {
  values: {
    '-l': 'selector',
    '--selector': 'selector',
    '-o': 'output',
    '--output': 'output',
    '--sort-by': 'ignored',
    '--field-selector': 'fields',
  },
  flags: { '-w': 'watch', '--watch': 'watch', '--no-headers': 'ignored' },
}

const things: readonly (readonly [RegExp, (given: Given, call: Call) => Reading])[] = [
  [/^(pods?|po)$/, readPods],
  [/^(events?|ev)$/, readEvents],
  [/^(deployments?|deploy|deployments?\.apps|replicasets?|rs)(\/.*)?$/, readRollouts],
]

const verbs: Readonly<Record<string, Verb>> = {
  get: {
    options: get,
    read: (given, call) => {
      const [thing] = given.words
      const read = things.find(([name]) => name.test(thing?.text ?? ''))?.[1]
      return read === undefined ? noSuch(`get ${thing?.text ?? ''}`) : read(given, call)
    },
  },
  logs: {
    options: {
      values: { '--tail': 'tail', '--since': 'since', '-l': 'selector', '--selector': 'selector' },
      flags: {
        '-f': 'follow',
        '--follow': 'follow',
        '-p': 'previous',
        '--previous': 'previous',
        '--timestamps': 'ignored',
        '--prefix': 'ignored',
      },
    },
    read: readLogs,
  },
  top: {
    options: {
      values: { '-l': 'selector', '--selector': 'selector', '--sort-by': 'ignored' },
      flags: { '--no-headers': 'ignored' },
    },
    read: readTop,
  },
  scale: { options: { values: { '--replicas': 'replicas' }, flags: {} }, read: readScale },
  rollout: {
    options: {
      values: { '--to-revision': 'revision', '--timeout': 'ignored' },
      flags: { '-w': 'watch', '--watch': 'watch' },
    },
    read: readRollout,
  },
  set: {
    options: {
      values: {
        '--limits': 'limits',
        '--requests': 'requests',
        '-c': 'container',
        '--containers': 'container',
      },
      flags: {},
    },
    read: readSetResources,
  },
  delete: {
    options: { values: { '-l': 'selector', '--selector': 'selector' }, flags: { '--wait': 'ignored' } },
    read: readDelete,
  },
  exec: {
    options: {
      values: { '-c': 'container', '--container': 'container' },
      flags: { '-i': 'ignored', '-t': 'ignored', '--stdin': 'ignored', '--tty': 'ignored' },
    },
    read: readExec,
  },
}

export const kubectl: Program = (all, call) => {
  // Global options may stand before the verb.
  const { verb, rest } = verbOf(all)
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (known === undefined) return noSuch(verb)
  const given = optionsIn(rest, {
    values: { ...globalValues, ...known.options.values },
    flags: known.options.flags,
  })
  if (given.unknown !== undefined) return unknownOption(given.unknown)
  return elsewhere(given, call) ?? known.read(given, call)
}

/** The namespace and the context that a command names outright; the document's are those that most of its commands name. */
export function placesIn(all: readonly Argument[]): {
  readonly namespace?: string
  readonly context?: string
} {
  const before = all.slice(0, beforeDashes(all))
  const { values } = optionsIn(before, { values: globalValues, flags: {} })
  const known = (name: string) => {
    const value = values.get(name)?.at(-1)
    return value === undefined || value.unsure !== undefined || !isName(value.text) ? undefined : value.text
  }
  const namespace = known('namespace')
  const context = known('context')
  return { ...(namespace === undefined ? {} : { namespace }), ...(context === undefined ? {} : { context }) }
}

function isName(text: string): boolean {
  return kubernetesName.safeParse(text).success
}

function beforeDashes(all: readonly Argument[]): number {
  const at = all.findIndex(({ text }) => text === '--')
  return at < 0 ? all.length : at
}

function verbOf(all: readonly Argument[]): { readonly verb: string; readonly rest: readonly Argument[] } {
  const { words } = optionsIn(all.slice(0, beforeDashes(all)), { values: globalValues, flags: {} })
  const verb = words[0]
  return { verb: verb?.text ?? '', rest: all.filter((argument) => argument !== verb) }
}

/** A runbook has one namespace of one cluster. A placeholder there is the one of this runbook. */
function elsewhere(given: Given, { around }: Call): Reading | undefined {
  for (const [name, own] of [
    ['namespace', around.namespace],
    ['context', around.context],
  ] as const) {
    const value = valueIn(given, name)
    // A name to fill in is one thing; what a command of the document would find out may be any place.
    if (value?.unsure?.kind === 'substitution' || value?.unsure?.kind === 'pattern')
      return unsureReading(value)
    if (value !== undefined && value.unsure === undefined && value.text !== own)
      return manual(
        `it is about another ${name} than this runbook: ${value.text}`,
        `この Runbook とは別の${name === 'namespace' ? ' namespace ' : ' context '}が対象です（${value.text}）`,
      )
  }
  return undefined
}

function noSuch(what: string): Reading {
  const says: Text = {
    en: `no step does what kubectl ${what} does`,
    ja: `kubectl ${what} に対応する手順がありません`,
  }
  return { manual: says }
}
