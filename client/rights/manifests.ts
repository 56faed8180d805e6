/** The rights in Kubernetes that runbooks need, as objects that `kubectl apply` takes: the names are those of deploy/kubernetes/. */
import { Document, isSeq, type Node, visit } from 'yaml'
import { kindsRun, namespaceKinds } from '../../domain/runbook/parts.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { kindOf, needsOf } from '../../domain/steps/catalogue.ts'
import {
  isForJobs,
  needsTogether,
  partsOfRight,
  type Right,
  type Role,
  rights,
  roles,
} from '../../domain/steps/needs.ts'
import type { Lang, Text } from '../../domain/words.ts'

/** A service account, which the roles are given to. */
export type Account = { readonly namespace: string; readonly name: string }

type Grant = {
  readonly right: Right
  /** Kinds of steps that fail without it. */
  readonly by: readonly string[]
  /** What is missing without it, where no step fails. */
  readonly without?: Text
}

type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
  readonly roleRef?: { readonly apiGroup: string; readonly kind: string; readonly name: string }
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[]
}

/** `why` has a sentence for each rule. */
type Explained = { readonly manifest: Manifest; readonly why: readonly Text[] }

/**
 * The roles that these runbooks of one namespace need, and their bindings; without `account` one is made. `least`: without what steps can do
 * without. `jobs`: for workers whose connections file has a `job`.
 */
export function manifestsFor(
  books: readonly Runbook[],
  {
    account,
    least,
    jobs = false,
  }: { readonly account: Account | undefined; readonly least: boolean; readonly jobs?: boolean },
): readonly Explained[] {
  const namespace = books[0]?.namespace ?? 'default'
  const own = { namespace, name: 'hikeshi-worker' }
  const grants = grantsOf(books, jobs).filter(({ without }) => !least || without === undefined)
  const made = (Object.keys(roles) as Role[]).flatMap((role): readonly Explained[] => {
    const given = grants.filter(({ right }) => rights[right] === role)
    return given.length === 0 ? [] : roleWithBinding(role, given, account ?? own, namespace)
  })
  const accounts = account === undefined ? [{ manifest: serviceAccount(own), why: [] }] : []
  return [...accounts, ...made]
}

/** In the order of the list of rights. */
function grantsOf(books: readonly Runbook[], jobs: boolean): readonly Grant[] {
  const kinds = [...new Set(books.flatMap(kindsRun))].sort()
  const { needs, optional } = needsTogether(needsOf(kinds).map(({ kubernetes }) => kubernetes))
  const all = [
    ...needs.map((right) => ({
      right,
      by: kinds.filter((kind) => kindOf(kind)?.needs.kubernetes?.needs.includes(right)),
    })),
    ...optional
      .filter((each) => jobs || !isForJobs(each))
      .flatMap(({ what, without }) => what.map((right) => ({ right, by: [], without }))),
  ]
  const order = Object.keys(rights)
  return all.toSorted((a, b) => order.indexOf(a.right) - order.indexOf(b.right))
}

const rbac = 'rbac.authorization.k8s.io'

function serviceAccount({ namespace, name }: Account): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }
}

function roleWithBinding(
  role: Role,
  grants: readonly Grant[],
  account: Account,
  namespace: string,
): readonly Explained[] {
  const isEverywhere = grants.some(({ right }) => partsOfRight(right).everywhere)
  const kind = isEverywhere ? 'ClusterRole' : 'Role'
  const inside = isEverywhere ? {} : { namespace }
  const rules = rulesOf(grants)
  return [
    {
      manifest: {
        apiVersion: `${rbac}/v1`,
        kind,
        metadata: { name: role, ...inside },
        rules: rules.map(({ rule }) => rule),
      },
      why: rules.map(({ why }) => why),
    },
    {
      manifest: {
        apiVersion: `${rbac}/v1`,
        kind: `${kind}Binding`,
        metadata: { name: isEverywhere ? `${role}-${namespace}` : role, ...inside },
        roleRef: { apiGroup: rbac, kind, name: role },
        subjects: [{ kind: 'ServiceAccount', ...account }],
      },
      why: [],
    },
  ]
}

/** One rule for the verbs of a resource that are needed for the same reason. */
function rulesOf(grants: readonly Grant[]) {
  const rules = new Map<string, { readonly rule: Rule; readonly why: Text }>()
  for (const grant of grants) {
    const { group, resource, subresource, verb } = partsOfRight(grant.right)
    const name = subresource === undefined ? resource : `${resource}/${subresource}`
    const why = reasonFor(grant)
    const key = `${group}/${name} ${why.en}`
    const verbs = rules.get(key)?.rule.verbs ?? []
    rules.set(key, { rule: { apiGroups: [group], resources: [name], verbs: [...verbs, verb] }, why })
  }
  return [...rules.values()]
}

function reasonFor({ by, without }: Grant): Text {
  if (without !== undefined)
    return { en: `optional; without it: ${without.en}`, ja: `省略可（省略時: ${without.ja}）` }
  if (by.some((kind) => namespaceKinds.includes(kind)))
    return { en: 'the picture of every incident', ja: 'すべてのインシデントの状況把握' }
  return { en: by.join(', '), ja: by.join('、') }
}

/** As deploy/kubernetes/ writes them, with the reason above each rule. */
export function manifestYaml({ manifest, why }: Explained, lang: Lang): string {
  const document = new Document(manifest)
  const rules = document.get('rules')
  if (isSeq<Node>(rules))
    for (const [i, rule] of rules.items.entries()) rule.commentBefore = ` ${why[i]?.[lang] ?? ''}`
  visit(document, {
    Seq: (_, list) => {
      if (list.items.every((item) => typeof Reflect.get(Object(item), 'value') === 'string')) list.flow = true
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd()
}
