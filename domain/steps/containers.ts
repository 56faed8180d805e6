/** What is seen and done inside containers. Everything but `top` needs the right pods/exec (deploy/kubernetes/rbac-exec.yaml). */

import { z } from 'zod'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { hasInvisible } from '../invisible.ts'
import { kubernetesName, labelSelector } from '../names.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { inContainer as containerRights, emptyWorkloads, leases, workloads } from './kubernetes-needs.ts'

/** A program and its arguments, never a line for a shell. It travels in the address of a request, so it is short. */
const argv = z
  .array(
    z
      .string()
      .max(4_000)
      // What is shown and approved is what runs.
      .refine(
        (word) => !hasInvisible(word),
        expects('a word without control or invisible characters', '制御文字や見えない文字を含まない語'),
      ),
  )
  .min(1)
  .max(30)
  .refine(
    (words) => /^[^\s-]/.test(words[0] ?? ''),
    expects('the name of a program first', '先頭にプログラム名'),
  )
  .refine(
    (words) => words.join(' ').length <= 8_000,
    expects('at most 8000 characters in all', '合計 8000 文字以下'),
  )

/** Longest time that a program has. */
const within = duration
  .pipe(z.number().min(1).max(30_000, expects('at most 30s', '30 秒以下')))
  .default(10_000)

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
  .refine(isOnePlace, expects('either deployment or pod', 'deployment か pod のどちらか一方'))

export const containerSteps = {
  /** As `kubectl top pods`: from the metrics API, which a cluster need not have. */
  'kubernetes.top': readKind({
    title: { ja: 'Pod の CPU・メモリ使用量', en: 'CPU and memory of the pods' },
    params: z.strictObject({ selector: labelSelector.optional() }),
    byHand: [],
    needs: { kubernetes: { needs: [...workloads, 'list pods.metrics.k8s.io'], optional: [emptyWorkloads] } },
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
    needs: { kubernetes: { needs: containerRights } },
    finds: [],
  }),
  /** Reads by a program. That it only reads is the word of the runbook's author; nobody else may choose the program. */
  'kubernetes.exec-read': readKind({
    title: { ja: 'コンテナー内のプログラムによる読み取り', en: 'Read with a program in a container' },
    params: program,
    byHand: ['within'],
    needs: { kubernetes: { needs: containerRights } },
    finds: [],
  }),
  'kubernetes.exec': changeKind({
    title: { ja: 'コンテナー内のプログラムの実行', en: 'Run a program in a container' },
    risk: 'destructive',
    params: program,
    byHand: ['within'],
    byVerifiedHand: ['deployment', 'pod', 'container', 'argv'],
    needs: {
      kubernetes: {
        needs: [...containerRights, ...leases],
        optional: [
          {
            what: ['list leases.coordination.k8s.io'],
            without: {
              en: 'the markers (Leases) of programs that ran stay until their workload is deleted',
              ja: '実行済みプログラムの印（Lease）は、ワークロードがなくなるまで残ります',
            },
          },
        ],
      },
    },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '実行したプログラムが何を変更したかは分からないため、元に戻せません。',
        en: 'what a program changed is unknown, so it cannot be undone.',
      },
    }),
  }),
}
