/** `kubectl exec`: a program in a container. Of those that only read the known ones are steps; whether any other reads is not known. */
import { type Argument, argumentOf, type Given, valueIn } from '../shell/arguments.ts'
import { parseScript } from '../shell/parse.ts'
import type { Node, Simple } from '../shell/script.ts'
import { deploymentIn, isDeploymentWord, podIn, withoutOrdinal } from './kubectl-targets.ts'
import { pgIsReadyIn, psqlIn } from './psql.ts'
import { type Call, firstUnsure, manual, type Reading, type ReadStep, step } from './reading.ts'
import { redisCliIn } from './redis-cli.ts'
import { connectionOf } from './server.ts'

type Place = { readonly deployment?: string; readonly pod?: string; readonly container?: string }

export function readExec(given: Given, call: Call): Reading {
  const { behind, words } = given
  if (behind === undefined || behind.length === 0)
    return manual(
      'it opens a shell, or does not say behind "--" what runs',
      '対話用のシェルか、「--」の後に実行するプログラムがありません',
    )
  const container = valueIn(given, 'container')
  const unsure = firstUnsure([container])
  if (unsure !== undefined) return unsure
  const at = container === undefined ? {} : { container: container.text }
  if (isDeploymentWord(words[0])) {
    const deployment = deploymentIn(words)
    return 'reading' in deployment
      ? deployment.reading
      : readInside(behind, { deployment: deployment.found, ...at }, call)
  }
  const [word, ...more] = words
  if (word === undefined || more.length > 0)
    return manual('the pod is not clear', '対象の Pod が特定できません')
  const pod = podIn(word)
  if ('reading' in pod) return pod.reading
  const reading = readInside(behind, { pod: pod.found, ...at }, call)
  const inside = (step: ReadStep) => ('connection' in step.with ? { ...step, inside: pod.found } : step)
  return 'steps' in reading ? { ...reading, steps: reading.steps.map(inside) } : reading
}

function readInside(argv: readonly Argument[], place: Place, call: Call): Reading {
  const [program, ...rest] = argv
  const name = (program?.text ?? '').replace(/^.*\//, '')
  const connection = serverHere(place)
  switch (name) {
    case 'sh':
    case 'bash':
      return readShell(rest, place, call)
    case 'psql':
      return psqlIn(rest, connection, call)
    case 'pg_isready':
      return pgIsReadyIn(rest, connection)
    case 'redis-cli':
      return redisCliIn(rest, connection, call)
    case 'nvidia-smi':
      return rest.length === 0
        ? step('ai-server.gpu', place, { en: 'state of the GPUs', ja: 'GPU の状態' })
        : readProgram(argv, place)
    case 'ls': {
      const folder = rest.filter(({ text }) => !text.startsWith('-'))
      const [path] = folder
      return folder.length === 1 && /^\/(?:[\w.-]+\/)*models?\/?$/.test(path?.text ?? '')
        ? step(
            'ai-server.models',
            { ...place, path: path?.text },
            { en: 'model files', ja: 'モデルファイル' },
          )
        : readProgram(argv, place)
    }
    default:
      return countsConnections(argv, call) ? connectionsOf(place) : readProgram(argv, place)
  }
}

/** A database is known by its workload: `postgres-primary` of `postgres-primary-0`. */
function serverHere({ pod, deployment }: Place): string | undefined {
  const workload = pod === undefined ? deployment : withoutOrdinal(pod)
  return workload === undefined ? undefined : connectionOf(workload)
}

/** `sh -c '…'` with one command is that command; a loop that only waits is its body. */
function readShell(rest: readonly Argument[], place: Place, call: Call): Reading {
  const [option, script, ...more] = rest
  if (!/^-\w*c$/.test(option?.text ?? '') || script === undefined || more.length > 0)
    return manual('it opens a shell', 'シェルを開きます')
  const unsure = firstUnsure([script])
  if (unsure !== undefined) return unsure
  const [statement, ...others] = parseScript(script.text, 1)
  const node = statement === undefined || others.length > 0 ? undefined : bodyOf(statement.node)
  if (node === undefined) return unknownProgram('sh')
  const commands = node.kind === 'pipeline' ? node.commands : [node]
  if (!commands.every((each): each is Simple => each.kind === 'simple')) return unknownProgram('sh')
  if (commands.some(({ assignments, redirections }) => assignments.length + redirections.length > 0))
    return unknownProgram('sh')
  const [first, ...filters] = commands.map(({ words }) => words.map((word) => argumentOf(word, new Map())))
  if (first === undefined) return unknownProgram('sh')
  const piped = filters.map(([program, ...given]) => ({ program: program?.text ?? '', arguments: given }))
  if (/^(sh|bash)$/.test(first[0]?.text ?? '')) return unknownProgram('sh')
  if (piped.length > 0 && !countsConnections(first, { ...call, filters: piped })) return unknownProgram('sh')
  return readInside(first, place, { ...call, filters: [...piped, ...call.filters] })
}

/** What is repeated until somebody ends it. */
function bodyOf(node: Node | { readonly kind: 'unreadable' }): Node | undefined {
  if (node.kind === 'unreadable') return undefined
  if (node.kind !== 'while') return node
  const body = node.body.filter((each) => programOf(each) !== 'sleep')
  return programOf(node.condition[0]) === 'true' && body.length === 1 ? body[0] : undefined
}

function programOf(node: Node | undefined): string | undefined {
  return node?.kind === 'simple' ? node.words[0]?.raw : undefined
}

/** `netstat -an | grep ESTABLISHED | wc -l`, `ss -t state established` */
function countsConnections(argv: readonly Argument[], { filters }: Call): boolean {
  const [program, ...rest] = argv.map(({ text }) => text)
  const all = [...rest, ...filters.flatMap(({ arguments: given }) => given.map(({ text }) => text))]
  const isCounted = all.some((text) => /^estab(lished)?$/i.test(text))
  return /^(netstat|ss)$/.test(program ?? '') && isCounted
}

function connectionsOf({ deployment, container }: Place): Reading {
  if (deployment === undefined)
    return manual('connections are counted of a Deployment', '接続数の対象は Deployment です')
  return step(
    'kubernetes.connections',
    { deployment, ...(container === undefined ? {} : { container }) },
    { en: 'established TCP connections', ja: '確立済みの TCP 接続' },
  )
}

/** Programs that change nothing, whatever their arguments; `-` options that write are left out of them. */
const reading =
  /^(cat|df|du|free|head|tail|ls|nproc|ps|stat|uptime|wc|date|hostname|id|whoami|netstat|ss|nslookup|dig|getent|nvidia-smi|lscpu|pg_controldata|vmstat|pg_waldump)$/
/** What makes one of them change something after all. */
const writes: { readonly [program: string]: RegExp | undefined } = {
  date: /^(?!\+|-[uR]+$|-[uR]*I(?:date|hours|minutes|seconds|ns)?$|--(?:utc|universal|iso-8601|rfc-3339|rfc-email)(?:=|$))/,
  pg_waldump: /^--sa/,
  hostname: /^(?!-[fisdA]+$)/,
  ss: /^-\w*K|^--k/,
  'nvidia-smi': /^(?!-q$|--query|--format|-L$|-i$|\d)/,
}
/** They run until somebody ends them, or want a terminal. */
const endless = /^(-f|-F|--follow\b.*|-w|--watch|-l|--loop\b.*|-lms)$/

/** What a step reads stands in the timeline for all to see. */
const secretFile =
  /secret|passw|token|credential|shadow|_history\b|\.(?:pem|key|env|pgpass|netrc|ssh|kube|aws|docker|azure|gnupg|my\.cnf|npmrc|pypirc)\b|\.config\/gcloud|\/environ\b|id_(?:rsa|dsa|ecdsa|ed25519)|kubeconfig/i

function readProgram(argv: readonly Argument[], place: Place): Reading {
  const unsure = firstUnsure(argv)
  if (unsure !== undefined) return unsure
  const words = argv.map(({ text }) => text)
  const [program = '', ...rest] = words
  if (!reading.test(program) || rest.some((word) => writes[program]?.test(word)))
    return unknownProgram(program)
  if (rest.some((word) => endless.test(word)) && /^(tail|nvidia-smi|vmstat)$/.test(program))
    return manual(`${program} runs until somebody ends it`, `${program} は手動で止めるまで終わりません`)
  if (rest.some((word) => secretFile.test(word)) || (program === 'ps' && rest.some(showsEnvironments)))
    return manual('what it reads may be a secret', '秘密情報を読み取るおそれがあります')
  if (program === 'pg_waldump' && !words.some((word) => /^(-s|--start)/.test(word)))
    return manual(
      'pg_waldump answers "no start WAL location given"',
      'pg_waldump は開始位置（-s）がないと失敗します',
    )
  return step(
    'kubernetes.exec-read',
    { ...place, argv: words },
    {
      en: `${program} only reads`,
      ja: `${program} は読み取りのみ`,
    },
  )
}

/** `ps auxe`: options of BSD have no dash, and `e` is the environment. */
function showsEnvironments(word: string): boolean {
  return /^[a-z]*e[a-z]*$|environ/i.test(word)
}

function unknownProgram(program: string): Reading {
  return manual(
    `whether ${program} only reads is for the runbook's author to say (kubernetes.exec-read or kubernetes.exec)`,
    `${program} が読み取りのみかは Runbook の作者が決めます（kubernetes.exec-read か kubernetes.exec）`,
  )
}
