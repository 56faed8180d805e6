import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { type Manifest, manifestsFor } from '../../client/rights/manifests.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { catalogue, type KindName, needsOf } from '../../domain/steps/catalogue.ts'
import { readKind } from '../../domain/steps/contract.ts'
import {
  needsTogether,
  nothing,
  partsOfRight,
  type Right,
  type Role,
  rights,
  roles,
} from '../../domain/steps/needs.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { hikeshi } from './cli-process.ts'

const manifestsIn = (yaml: string) => parseAllDocuments(yaml).map((each) => each.toJS() as Manifest)

/** As `kubectl auth can-i` words them. */
const rightsIn = ({ rules = [] }: Manifest) =>
  rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => `${verb} ${group === '' ? resource : `${resource}.${group}`}`),
        ),
      ),
    )
    .toSorted()

const rolesIn = (manifests: readonly Manifest[]) =>
  Object.fromEntries(
    manifests.flatMap((each) => (each.rules === undefined ? [] : [[each.metadata.name, rightsIn(each)]])),
  ) as Readonly<Record<string, readonly string[]>>

const kinds = Object.keys(catalogue) as KindName[]
const together = needsTogether(needsOf(kinds).map(({ kubernetes }) => kubernetes))
const used = new Set<Right>([...together.needs, ...together.optional.flatMap(({ what }) => what)])

describe('what the kinds of steps need', () => {
  it('is asked of whoever declares one: else it does not compile', () => {
    const kind = { title: { en: 'A look', ja: '確認' }, params: z.strictObject({}), byHand: [], finds: [] }
    // @ts-expect-error nothing is said of its needs
    assert.equal(readKind(kind).needs, undefined)
    assert.equal(readKind({ ...kind, needs: nothing }).needs, nothing)
  })

  it('is every right of the list, and no other', () => {
    assert.deepEqual([...used].toSorted(), Object.keys(rights).toSorted())
  })

  it('has every right in the words of kubectl, which can be taken apart', () => {
    for (const right of Object.keys(rights) as Right[]) {
      const { verb, group, resource, subresource } = partsOfRight(right)
      const name = [resource, subresource].filter(Boolean).join('/')
      assert.equal(`${verb} ${[name, group].filter(Boolean).join('.')}`, right)
    }
  })

  it('is said of each system that a kind names', () => {
    for (const kind of kinds) {
      const [system = ''] = kind.split('.')
      const { needs } = catalogue[kind]
      if (system === 'postgres' || system === 'redis') assert.ok(needs[system], kind)
      if (system === 'kubernetes' && kind !== 'kubernetes.access') assert.ok(needs.kubernetes, kind)
    }
  })

  it('is what deploy/kubernetes/ gives: no right is missing there, and none is too much', async () => {
    for (const file of new Set(Object.values(roles))) {
      const given = rolesIn(manifestsIn(await readFile(`deploy/kubernetes/${file}`, 'utf8')))
      const own = (Object.keys(roles) as Role[]).filter((role) => roles[role] === file)
      assert.deepEqual(Object.keys(given).toSorted(), own.toSorted(), file)
      for (const role of own)
        assert.deepEqual(
          given[role],
          [...used].filter((right) => rights[right] === role).toSorted(),
          `${role} of ${file}`,
        )
    }
  })
})

describe('hikeshi rbac', () => {
  const shodo = 'runbooks/shodo.yaml'

  it('prints what a runbook needs and no more, bound to the account of the worker', async () => {
    const { exit, out } = await hikeshi(['rbac', shodo])
    assert.equal(exit, 0)
    const manifests = manifestsIn(out)
    const given = rolesIn(manifests)
    assert.ok(given['hikeshi-viewer']?.includes('list events'))
    assert.ok(given['hikeshi-operator']?.includes('patch deployments.apps'))
    // Its readings run programs, its changes do not.
    assert.deepEqual(given['hikeshi-exec'], ['create pods/exec', 'get pods/exec'])
    assert.deepEqual(given['hikeshi-nodes'], ['list nodes'])
    const [account] = manifests
    assert.deepEqual(
      [account?.kind, account?.metadata],
      ['ServiceAccount', { name: 'hikeshi-worker', namespace: 'shodo' }],
    )
    for (const { kind, metadata } of manifests)
      assert.equal(metadata.namespace, kind.startsWith('Cluster') ? undefined : 'shodo', metadata.name)
    const bound = manifests.filter(({ roleRef }) => roleRef !== undefined)
    assert.deepEqual(
      bound.map(({ roleRef }) => roleRef?.name),
      ['hikeshi-viewer', 'hikeshi-operator', 'hikeshi-exec', 'hikeshi-nodes'],
    )
    for (const { subjects } of bound)
      assert.deepEqual(subjects, [{ kind: 'ServiceAccount', namespace: 'shodo', name: 'hikeshi-worker' }])
  })

  it('gives a runbook that only looks no right to change anything', () => {
    const { symptoms: _, severities, ...rest } = smallBook()
    const quick = (severity: Runbook['severities']['LOW']) => ({ ...severity, quick: [] })
    const { CRITICAL, HIGH, MEDIUM, LOW } = severities
    const looking = {
      ...rest,
      severities: { CRITICAL: quick(CRITICAL), HIGH: quick(HIGH), MEDIUM: quick(MEDIUM), LOW: quick(LOW) },
      symptoms: [],
    }
    const manifests = manifestsFor([looking], { account: undefined, least: false })
    assert.deepEqual(Object.keys(rolesIn(manifests.map(({ manifest }) => manifest))), ['hikeshi-viewer'])
  })

  it('says above each rule why it is given', async () => {
    const { out } = await hikeshi(['rbac', shodo])
    assert.match(out, /# the picture of every incident\n {2}- apiGroups: \[""\]\n {4}resources: \[pods\]/)
    assert.match(
      out,
      /# kubernetes\.rollout-restart, [\w., -]+\n {2}- apiGroups: \[apps\]\n {4}resources: \[deployments\]\n {4}verbs: \[patch\]/,
    )
    const rules = out.match(/^ {2}- apiGroups:/gm) ?? []
    assert.equal(out.match(/^ {2}# .+\n {2}- apiGroups:/gm)?.length, rules.length)
  })

  it('leaves out what steps can do without where it is asked to, and gives the roles to another account', async () => {
    const { out } = await hikeshi(['rbac', '--least', '--serviceaccount', 'ops:hikeshi', shodo])
    const manifests = manifestsIn(out)
    assert.deepEqual(
      manifests.filter(({ kind }) => kind === 'ServiceAccount' || kind.startsWith('Cluster')),
      [],
    )
    assert.ok(!rolesIn(manifests)['hikeshi-viewer']?.includes('list statefulsets.apps'))
    assert.doesNotMatch(out, /optional; without it/)
    for (const { subjects } of manifests.filter(({ roleRef }) => roleRef !== undefined))
      assert.deepEqual(subjects, [{ kind: 'ServiceAccount', namespace: 'ops', name: 'hikeshi' }])
  })

  it('gives the right to Jobs only to whom it is asked for', async () => {
    const { out } = await hikeshi(['rbac', '--jobs', shodo])
    assert.deepEqual(rolesIn(manifestsIn(out))['hikeshi-jobs'], [
      'create jobs.batch',
      'create pods/portforward',
      'delete jobs.batch',
      'get jobs.batch',
      'get pods/portforward',
    ])
    const { out: usual } = await hikeshi(['rbac', shodo])
    assert.doesNotMatch(usual, /jobs|portforward/)
  })

  it('prints the role of PostgreSQL and the user of Redis by themselves, and else in comments', async () => {
    const { out: sql } = await hikeshi(['rbac', '--what', 'postgres', shodo])
    assert.match(sql, /^-- postgres-primary: .*\ncreate role hikeshi login;\ngrant pg_monitor to hikeshi;\n/)
    const { out: acl } = await hikeshi(['rbac', '--what', 'redis', shodo])
    assert.match(
      acl,
      /^# redis-master: .*\nACL SETUSER hikeshi reset on >SECRET .*\+flushdb.* \(~hikeshi:\* \+set /,
    )
    const { out } = await hikeshi(['rbac', shodo])
    for (const line of [...sql.trim().split('\n'), ...acl.trim().split('\n')])
      assert.ok(out.includes(`${line.startsWith('#') ? '' : '# '}${line}`), line)
    const { out: json } = await hikeshi(['-o', 'json', 'rbac', shodo])
    assert.deepEqual(Object.keys(JSON.parse(json)), ['kubernetes', 'postgres', 'redis'])
  })

  it('speaks Japanese', async () => {
    const { out } = await hikeshi(['--lang', 'ja', 'rbac', shodo])
    assert.match(out, /^# Runbook shodo（クラスター production）のワーカーに必要な権限\n/)
    assert.match(out, /# すべてのインシデントの状況把握\n/)
    assert.match(out, /# 省略可（省略時: /)
    assert.match((await hikeshi(['--lang', 'ja', 'rbac', '--help'])).out, /Runbook に必要な権限を出力する/)
  })

  it('refuses runbooks of two clusters, an account without its namespace, and a file that is not there', async () => {
    const { out: yaml } = await hikeshi(['runbook', 'init', 'kura'])
    const elsewhere = yaml.replace(/^cluster: .*$/m, 'cluster: elsewhere')
    const two = await hikeshi(['rbac', shodo, '-'], { stdin: elsewhere })
    assert.deepEqual([two.exit, /expected runbooks of one cluster/.test(two.err)], [2, true])
    const account = await hikeshi(['rbac', '--serviceaccount', 'hikeshi', shodo])
    assert.deepEqual([account.exit, /NAMESPACE:NAME/.test(account.err)], [2, true])
    assert.equal((await hikeshi(['rbac', './no-such.yaml'])).exit, 2)
  })
})
