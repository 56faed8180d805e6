import { z } from 'zod'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../../domain/steps/contract.ts'
import { partsOfRight } from '../../../domain/steps/needs.ts'
import { containerName } from '../../../domain/steps/subject.ts'
import { type Text, verbatim, type Words } from '../../../domain/words.ts'
import { firstBytes, plainLine } from '../../../edge/plain-text.ts'
import { refuseChanged } from '../../changed.ts'
import { pause, pulse } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { isAllowed } from '../api/may.ts'
import { podState } from '../objects/pod-state.ts'
import { readPod } from '../pods/delete-pod.ts'
import { type Executed, executeOnce, type Program, refuseFailed } from './exec.ts'
import { begin, earlierIn, forget, markerName, noteExit } from './exec-marker.ts'
import { type ExecPlace, findPlace, placeIn, type Wanted } from './exec-place.ts'
import { tidyMarkers } from './exec-tidy.ts'

type Params = Wanted & Program

const marker = z.string().regex(/^hikeshi-exec-[0-9a-f]{20}$/)
const planned = z.object({ pod: z.string(), uid: z.string(), container: z.string(), marker })

const found = z.object({ ready: z.boolean() })

const excerptBytes = 4_096
const readyWithinMs = 20_000
const lookEveryMs = 500

/** Runs a program once: what it does is not known, so a second attempt never starts it again. */
export function execHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context, told) => {
      await refuseForbidden(kubernetes, context)
      const known = planned.safeParse(told?.change).data
      return planOf(params, await findPlace(kubernetes, params, context, known?.pod), context, known?.marker)
    },
    isDone: async (_params, plan, context) =>
      (await earlierIn(kubernetes, context, planned.parse(plan.change).marker)) !== undefined,
    run: async (params, plan, context, usableUntilMs) => {
      const { pod, uid, container, marker } = planned.parse(plan.change)
      // Before the place: an earlier attempt may have begun it in a pod that is gone or restarts by now.
      const earlier = await earlierIn(kubernetes, context, marker)
      const target = containerName(context.namespace, pod, container)
      if (earlier !== undefined) return repeated(params, { pod, target }, earlier.exit, context)
      const place = await placeIn(kubernetes, context, pod, container)
      if (place.uid !== uid)
        refuseChanged(
          plan.target,
          { en: `the pod ${pod} was replaced`, ja: `Pod ${pod} が置き換わっています` },
          context,
        )
      return runOnce(kubernetes, context, place, params, { marker, usableUntilMs })
    },
    verify: async (_params, plan, _done, context) => {
      const { pod, uid } = planned.parse(plan.change)
      const { ready } = found.parse(plan.before)
      // The sign of this start stays for as long as the same call may come again. Those of earlier ones are no condition of this one.
      await tidyMarkers(kubernetes, context).catch(() => {})
      return awaitPod(kubernetes, context, { pod, uid, ready })
    },
  }
}

function planOf({ argv }: Params, place: ExecPlace, context: StepContext, marker?: string): Plan {
  const { pod, uid, container, workload } = place
  const shown = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
  const where = `${pod} (${container})`
  return {
    target: workload,
    says: {
      en: `Run in ${where}: ${plainLine(shown, 600)}`,
      ja: `${where} で実行: ${plainLine(shown, 600)}`,
    },
    nothingToDo: false,
    change: { pod, uid, container, argv, marker: marker ?? markerName(uid, context) },
    before: { ready: place.ready },
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

async function runOnce(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  { argv, within }: Program,
  { marker, usableUntilMs }: { readonly marker: string; readonly usableUntilMs: number | undefined },
): Promise<Done> {
  const begun = await begin(kubernetes, context, marker, place, usableUntilMs)
  if (!begun.started) return repeated({ argv }, place, begun.exit, context)
  let executed: Executed
  try {
    executed = await executeOnce(kubernetes, context, place, { argv, within })
  } catch (error) {
    if (notStarted.some((name) => isRefusal(error, name))) {
      await forget(kubernetes, context, marker)
      throw error
    }
    // Cancelled or not: the program may have run, and the sign stays.
    pulse().signal.throwIfAborted()
    if (isRefusal(error, 'no-answer'))
      refuseUnknown(context, place, {
        en: `it did not end within ${within / 1_000} s`,
        ja: `${within / 1_000} 秒以内に終了しませんでした`,
      })
    refuseUnknown(context, place, plainLine(error instanceof Error ? error.message : String(error), 200))
  }
  await noteExit(kubernetes, context, marker, executed.exit)
  return executed.exit === 0 ? doneOf(argv, place, executed, false) : refuseFailed(executed, argv, place)
}

type Where = Pick<ExecPlace, 'pod' | 'target'>

/** What is known of an attempt that began before. */
function repeated(
  { argv }: Pick<Program, 'argv'>,
  place: Where,
  exit: number | undefined,
  context: StepContext,
): Done {
  if (exit === undefined) refuseUnknown(context, place, lostWorker)
  const earlier = { exit, says: '', stdout: '', stderr: '', cut: false }
  return exit === 0 ? doneOf(argv, place, earlier, true) : refuseFailed(earlier, argv, place, lostWords)
}

const lostWorker: Text = {
  en: 'the worker that started it died before it ended',
  ja: '終了前に、開始したワーカーが停止しました',
}
const lostWords: Text = {
  en: 'its output was lost with an earlier attempt',
  ja: '出力は以前の試行とともに失われました',
}

const notStarted = [
  'exec-forbidden',
  'credentials-refused',
  'target-not-found',
  'container-not-running',
  'program-not-found',
] as const

function refuseUnknown(context: StepContext, place: Where, reason: Words): never {
  refuse('result-unknown', { step: context.stepRun, target: place.target, reason })
}

function doneOf(
  argv: readonly string[],
  place: Where,
  { stdout, stderr, cut }: Executed,
  already: boolean,
): Done {
  const output = firstBytes(stdout.trim() === '' ? stderr : stdout, excerptBytes)
  const says = output === '' && already ? lostWords : verbatim(plainLine(output, 200))
  const tail = (words: string) => (words === '' ? '' : `: ${words}`)
  return {
    says: {
      en: `${argv[0]} exited with 0 in ${place.pod}${tail(says.en)}`,
      ja: `${place.pod} で ${argv[0]} が正常終了しました${tail(says.ja)}`,
    },
    already,
    after: { pod: place.pod, exit: 0, output, cut: cut || output.length < stdout.length },
  }
}

/** Better known before two people are asked. */
async function refuseForbidden(kubernetes: Kubernetes, context: StepContext): Promise<void> {
  const { namespace } = context
  const mayExec = await isAllowed(kubernetes, context, partsOfRight('create pods/exec'))
  if (!mayExec) refuse('exec-forbidden', { cluster: kubernetes.cluster, namespace })
}

/** What the program was for is not known here; that its pod is still the same and as well as before can be seen. */
async function awaitPod(
  kubernetes: Kubernetes,
  context: StepContext,
  { pod, uid, ready }: { readonly pod: string; readonly uid: string; readonly ready: boolean },
): Promise<Verified> {
  const started = performance.now()
  for (;;) {
    const object = await readPod(kubernetes, context, pod)
    const state = object === undefined ? undefined : podState(object)
    const same = state?.uid === uid
    if (same && (state.ready || !ready)) {
      const says = { en: `The pod ${pod} is ${state.status}`, ja: `Pod ${pod} の状態: ${state.status}` }
      return { ok: true, says, facts: { pod, ready: state.ready } }
    }
    if (!same || performance.now() - started > readyWithinMs) {
      const en = same ? `The pod ${pod} is not Ready any more` : `The pod ${pod} is gone`
      const ja = same ? `Pod ${pod} は Ready ではなくなりました` : `Pod ${pod} はもうありません`
      return { ok: false, says: { en, ja }, facts: { pod, ready: false } }
    }
    await pause(lookEveryMs)
  }
}
