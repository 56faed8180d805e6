/** What is seen and done inside containers. Everything but `top` needs the right pods/exec (deploy/kubernetes/rbac-exec.yaml). */
import { z } from 'zod'
import { duration } from '../duration.ts'
import { hasInvisible } from '../invisible.ts'
import { kubernetesName } from '../runbook/runbook.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { selector } from './kubernetes.ts'

/** A program and its arguments, never a line for a shell. It travels in the address of a request, so it is short. */
const argv = z
  .array(
    z
      .string()
      .max(4_000)
      // What is shown and approved is what runs.
      .refine(
        (word) => !hasInvisible(word),
        'expected a word without control characters or ones that nobody sees',
      ),
  )
  .min(1)
  .max(30)
  .refine((words) => /^[^\s-]/.test(words[0] ?? ''), 'expected the name of a program first')
  .refine((words) => words.join(' ').length <= 8_000, 'expected at most 8000 characters in all')

/** Longest time that a program has. */
const within = duration.pipe(z.number().min(1).max(30_000, 'expected at most 30s')).default(10_000)

/** A pod that a program runs in: this one, or one of the Deployment's, a Ready one first. */
export const inContainer = {
  deployment: kubernetesName.optional(),
  pod: kubernetesName.optional(),
  /** Without it the one that `kubectl exec` would take. */
  container: kubernetesName.optional(),
}

export function isOnePlace(params: { readonly deployment?: unknown; readonly pod?: unknown }): boolean {
  return (params.deployment === undefined) !== (params.pod === undefined)
}

const program = z
  .strictObject({ ...inContainer, argv, within })
  .refine(isOnePlace, 'expected either deployment or pod')

export const containerSteps = {
  /** As `kubectl top pods`: from the metrics API, which a cluster need not have. */
  'kubernetes.top': readKind({
    title: { ja: 'Pod の CPU・メモリ使用量', en: 'CPU and memory of the pods' },
    params: z.strictObject({ selector: selector.optional() }),
    byHand: [],
    finds: ['memory-near-limit'],
  }),
  /** Established TCP connections, from the kernel's tables in the pods: `netstat` need not be in the image. */
  'kubernetes.connections': readKind({
    title: { ja: 'Pod の TCP 接続数', en: 'TCP connections of the pods' },
    params: z.strictObject({
      deployment: kubernetesName,
      container: kubernetesName.optional(),
      /** How many pods are looked at, at most. */
      pods: z.number().int().min(1).max(20).default(5),
    }),
    byHand: ['pods'],
    finds: [],
  }),
  /** Reads by a program. That it only reads is the word of the runbook's author; nobody else may choose the program. */
  'kubernetes.exec-read': readKind({
    title: { ja: 'コンテナー内のプログラムによる読み取り', en: 'Reading by a program in a container' },
    params: program,
    byHand: ['within'],
    finds: [],
  }),
  'kubernetes.exec': changeKind({
    title: { ja: 'コンテナー内のプログラムの実行', en: 'Run a program in a container' },
    risk: 'destructive',
    params: program,
    byHand: ['within'],
    byVerifiedHand: ['deployment', 'pod', 'container', 'argv'],
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '実行したプログラムが何を変更したかは分からないため、元に戻せません。',
        en: 'what a program has changed is not known, so it cannot be put back.',
      },
    }),
  }),
}
