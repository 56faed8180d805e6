/** Whether Kubernetes answers with the worker's credentials, and which rights are missing for what the runbooks do. */

import type { AuthorizationV1Api } from '@kubernetes/client-node'
import { failure } from '../../domain/failures.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { reasonOf } from '../connect.ts'
import { type Finding, refusalFinding } from './finding.ts'
import { extraRightsFor, isOptional, type Right, rightsFor, showRight } from './rights.ts'

const answerWithinMs = 5_000

/** Asks the API server about this machine's credentials: HIKESHI_KUBECONFIG, or the usual places. */
export async function checkKubernetes(
  env: Readonly<Record<string, string | undefined>>,
  books: readonly Runbook[],
): Promise<readonly Finding[]> {
  const cluster = env.HIKESHI_CLUSTER ?? 'production'
  // The library takes a second and 80 MB: only who asks the doctor pays for it.
  const { AuthorizationV1Api, KubeConfig } = await import('@kubernetes/client-node')
  const check = `kubernetes ${cluster}`
  const unreachable = (error: unknown) =>
    refusalFinding(check, failure('kubernetes-unreachable', { cluster, reason: reasonOf(error) }))
  let api: AuthorizationV1Api
  try {
    const config = new KubeConfig()
    const { HIKESHI_KUBECONFIG: file } = env
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
    api = config.makeApiClient(AuthorizationV1Api)
  } catch (error) {
    return [unreachable(error)]
  }
  const own = books.filter((book) => book.cluster === cluster)
  const foreign = books.filter((book) => book.cluster !== cluster).map((book) => elsewhere(book, cluster))
  try {
    const probe: Right = { group: '', resource: 'pods', verb: 'list', role: 'hikeshi-viewer' }
    if (own.length === 0) {
      await isAllowed(api, 'default', probe)
      return [
        { check, status: 'ok', says: { en: 'the API server answers', ja: 'API サーバーが応答' } },
        ...foreign,
      ]
    }
    const found = await Promise.all(own.map((book) => rightsFinding(api, cluster, book)))
    return [...found.flat(), ...foreign]
  } catch (error) {
    return [unreachable(error), ...foreign]
  }
}

async function rightsFinding(
  api: AuthorizationV1Api,
  cluster: string,
  book: Runbook,
): Promise<readonly Finding[]> {
  const { namespace } = book
  const rights = rightsFor(book)
  const allowed = await Promise.all(rights.map((right) => isAllowed(api, namespace, right)))
  const lacking = rights.filter((_, i) => allowed[i] === false)
  const missing = lacking.filter((right) => !isOptional(right))
  const check = `kubernetes ${cluster}/${namespace}`
  const optional = missing.length < lacking.length ? [withoutExec(check, book)] : []
  const extra = extraRightsFor(book)
  const may = await Promise.all(extra.map((right) => isAllowed(api, '', right)))
  const without: readonly Finding[] = extra
    .filter((_, i) => may[i] === false)
    .map((right) => ({
      check,
      status: 'warn',
      says: right.without,
      next: {
        en: 'Give it the right if the step should check that.',
        ja: '確認が必要な場合は権限を付与してください。',
      },
    }))
  if (missing.length === 0) {
    const there = rights.length - lacking.length
    return [
      {
        check,
        status: 'ok',
        says: {
          en: `all ${there} rights for runbook ${book.runbook} are there`,
          ja: `Runbook ${book.runbook} に必要な権限 ${there} 件すべてあり`,
        },
      },
      ...optional,
      ...without,
    ]
  }
  const names = missing.map(showRight).join(', ')
  const roles = [...new Set(missing.map(({ role }) => role))].join(', ')
  return [
    {
      check,
      status: 'fail',
      says: {
        en: `missing for runbook ${book.runbook}: ${names}`,
        ja: `Runbook ${book.runbook} に必要な権限が不足: ${names}`,
      },
      next: {
        en: `Give the worker the role ${roles} (deploy/kubernetes/rbac.yaml).`,
        ja: `ワーカーにロール ${roles} を付与してください（deploy/kubernetes/rbac.yaml）。`,
      },
    },
    ...optional,
    ...without,
  ]
}

/** A team may well not want it: said, and no failure. */
function withoutExec(check: string, { runbook }: Runbook): Finding {
  return {
    check,
    status: 'warn',
    says: {
      en: `the worker may not run programs in containers; steps of runbook ${runbook} that do so are refused`,
      ja: `コンテナー内でプログラムを実行する権限がないため、Runbook ${runbook} の該当手順は拒否されます`,
    },
    next: {
      en: 'The right is optional: deploy/kubernetes/rbac-exec.yaml gives it.',
      ja: '任意の権限です。付与する場合は deploy/kubernetes/rbac-exec.yaml を適用してください。',
    },
  }
}

async function isAllowed(
  api: AuthorizationV1Api,
  namespace: string,
  right: Omit<Right, 'role'>,
): Promise<boolean> {
  const { group, resource, subresource, verb } = right
  const review = api.createSelfSubjectAccessReview({
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          group,
          resource,
          verb,
          namespace,
          ...(subresource === undefined ? {} : { subresource }),
        },
      },
    },
  })
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${answerWithinMs / 1_000} s`)), answerWithinMs).unref()
  })
  return (await Promise.race([review, late])).status?.allowed === true
}

function elsewhere(book: Runbook, cluster: string): Finding {
  return {
    check: `kubernetes ${book.cluster}`,
    status: 'warn',
    says: {
      en: `runbook ${book.runbook} lives on cluster ${book.cluster}; this machine speaks for ${cluster}`,
      ja: `Runbook ${book.runbook} の対象は ${book.cluster} ですが、この環境は ${cluster} 用です`,
    },
    next: {
      en: "Run the doctor where that cluster's worker runs.",
      ja: 'そのクラスターのワーカーがある環境で実行してください。',
    },
  }
}
