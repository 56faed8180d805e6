import { z } from 'zod'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { name } from '../names.ts'
import { dataChecks } from '../restore/checks.ts'
import { rowConditions, salvagedTable } from '../restore/salvage.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { dataInJob, deletion, leasesIfPossible } from './kubernetes-needs.ts'

/** The entry of the worker's connections file that names repository, cluster and folders; where they are is not the runbook's to say. */
const backups = name.default('postgres-backups')
const instant = z.iso.datetime({ precision: 3 })
/** The team's zone, in which times are shown beside UTC. */
const zone = z.string().max(64).default('UTC')

const limits = {
  /** The newest backup may be this old. */
  maxAge: duration.default(26 * 3_600_000),
  /** Commits may wait this long until they are archived. */
  behindOver: duration.default(600_000),
}

/** Epoch milliseconds, or ISO 8601 in UTC; zones of people are the door's to read. */
const time = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .refine(
      (source) =>
        /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/.test(source) && !Number.isNaN(Date.parse(source)),
      expects('a time in UTC such as 2026-11-30T03:05:00Z', '2026-11-30T03:05:00Z のような UTC の時刻'),
    )
    .transform((source) => Date.parse(source)),
])
type Bisected = {
  readonly checks: readonly { readonly name: string }[]
  readonly check?: string | undefined
  readonly good?: string | undefined
  readonly bad?: string | undefined
}

function fitTogether(given: z.core.ParsePayload<Bisected>): void {
  const { checks, check, good, bad } = given.value
  const names = checks.map((one) => one.name)
  if (check !== undefined && !names.includes(check))
    given.issues.push({
      code: 'custom',
      path: ['check'],
      input: check,
      continue: true,
      message: expects(`one of ${names.join(', ')}`, `${names.join('、')} のいずれか`),
    })
  if (good !== undefined && bad !== undefined && Date.parse(good) >= Date.parse(bad))
    given.issues.push({
      code: 'custom',
      path: ['bad'],
      input: bad,
      continue: true,
      message: expects(`a time after "good" (${good})`, `「good」（${good}）より後の時刻`),
    })
}

/** Where StatefulSets run the servers; elsewhere commands of the connections file stop and start them. */
const serversInPods = {
  what: ['get statefulsets.apps', 'patch statefulsets.apps', 'get pods', ...deletion],
  without: {
    en: 'a database that runs in pods cannot be cut over to a copy',
    ja: 'Pod で動くデータベースはコピーに切り替えられません',
  },
} as const

const inJob = { needs: [], optional: [dataInJob] } as const

/** A restore is steps: docs/adr/0016-a-restore-is-steps.md. */
export const restoreSteps = {
  'postgres.restore-points': readKind({
    title: { ja: '復元できる時点', en: 'Points to restore to' },
    params: z.strictObject({
      backups,
      /** Commits around this time are listed. */
      near: time.optional(),
      around: duration.pipe(z.number().max(3_600_000, expects('at most 1 h', '1 時間以内'))).default(300_000),
      ...limits,
      zone,
    }),
    byHand: ['near', 'around', 'maxAge', 'behindOver'],
    needs: { postgres: { needs: [], server: 'primary' }, kubernetes: inJob },
    finds: ['archive-behind', 'archive-failing', 'archive-gap', 'backup-missing', 'backup-old'],
    // pgBackRest reads its whole listing, and segments are fetched for the times of commits.
    heavy: () => true,
  }),
  /** Asked by the doctor: what a restore would fail for shows before an incident needs one. */
  'postgres.restore-ready': readKind({
    title: { ja: '復元の準備の確認', en: 'Ready to restore' },
    params: z.strictObject({ backups, ...limits }),
    byHand: [],
    needs: { postgres: { needs: [], server: 'primary' } },
    finds: [
      'archive-behind',
      'archive-failing',
      'archive-gap',
      'backup-missing',
      'backup-old',
      'right-missing',
      'not-prepared',
    ],
    heavy: () => true,
  }),
  /** A copy of the cluster as it was at a time, beside the live one, paused there and checked. */
  'postgres.restore': changeKind({
    title: { ja: 'バックアップからの復元（コピー）', en: 'Restore a copy from backup' },
    risk: 'reversible',
    repairs: false,
    takes: 'long',
    params: z.strictObject({
      backups,
      /** UTC. Everything up to the first commit that is later comes back; without it everything that there is. */
      target: instant.optional(),
      /** Where a time lies on two histories. */
      timeline: z.number().int().min(1).max(0xffff_ffff).optional(),
      /** A backup by its label, where it should not be the newest that fits. */
      backup: z
        .string()
        .regex(/^[0-9]{8}-[0-9]{6}F(_[0-9]{8}-[0-9]{6}[DI])?$/)
        .optional(),
      checks: dataChecks.default([]),
      zone,
    }),
    byHand: ['target', 'timeline', 'backup'],
    needs: { postgres: { needs: [], server: 'primary' }, kubernetes: inJob },
    finds: [],
    undo: ({ backups: from }): Undo => ({ kind: 'postgres.discard-copy', with: { backups: from } }),
  }),
  /** The last commit at which one of the runbook's checks held, looked for on copies; one of them stays, paused there. */
  'postgres.bisect': changeKind({
    title: { ja: 'チェックが不合格になった時点の探索（コピー）', en: 'Find where a check began to fail' },
    risk: 'reversible',
    repairs: false,
    takes: 'long',
    params: z
      .strictObject({
        backups,
        checks: dataChecks.min(1),
        /** The name of one of them (default: the first). */
        check: name.optional(),
        /** UTC. It holds there (default: the end of the newest backup before the bad time). */
        good: instant.optional(),
        /** UTC. It no longer holds there (default: now). */
        bad: instant.optional(),
        timeline: z.number().int().min(1).max(0xffff_ffff).optional(),
        zone,
      })
      .check(fitTogether),
    byHand: ['check', 'good', 'bad', 'timeline'],
    needs: { postgres: { needs: ['pg_read_all_data'], server: 'primary' }, kubernetes: inJob },
    finds: [],
    undo: ({ backups: from }): Undo => ({ kind: 'postgres.discard-copy', with: { backups: from } }),
  }),
  'postgres.discard-copy': changeKind({
    title: { ja: 'コピーの破棄', en: 'Discard the copy' },
    risk: 'reversible',
    repairs: false,
    params: z.strictObject({ backups }),
    byHand: [],
    undoes: { kinds: ['postgres.restore', 'postgres.bisect'], with: ['backups'] },
    needs: { postgres: { needs: [] }, kubernetes: inJob },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '破棄したコピーは戻せません。バックアップから復元し直せます。',
        en: 'a discarded copy does not come back; it can be restored again from the backup.',
      },
    }),
  }),
  /** The verified copy goes where the live database is, whose folder is kept. */
  'postgres.cut-over': changeKind({
    title: { ja: 'コピーへの切り替え', en: 'Cut over to the copy' },
    risk: 'destructive',
    takes: 'long',
    piecemeal: true,
    params: z.strictObject({ backups, checks: dataChecks.default([]) }),
    byHand: [],
    needs: {
      postgres: { needs: [], server: 'primary' },
      kubernetes: { needs: [], optional: [leasesIfPossible, serversInPods, dataInJob] },
    },
    finds: [],
    // Of a step that has ended, what was found before is all that an incident keeps of its plan.
    undo: ({ backups: from }, { before }): Undo => ({
      kind: 'postgres.cut-back',
      with: { backups: from, copy: z.looseObject({ copy: z.string() }).parse(before).copy },
    }),
  }),
  /** The folder that a cut-over kept goes back where it was. */
  'postgres.cut-back': changeKind({
    title: { ja: '切り替え前への切り戻し', en: 'Cut back to the database from before' },
    risk: 'destructive',
    takes: 'long',
    piecemeal: true,
    params: z.strictObject({ backups, copy: z.string().regex(/^[A-Za-z0-9.-]{1,100}$/) }),
    byHand: [],
    undoes: { kinds: ['postgres.cut-over'], with: ['backups'] },
    needs: {
      postgres: { needs: [], server: 'primary' },
      kubernetes: { needs: [], optional: [leasesIfPossible, serversInPods, dataInJob] },
    },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '切り戻しに取り消し手順はありません。置き換えたフォルダーは残ります。',
        en: 'a cut-back has no undo step; the folder that it replaced is kept.',
      },
    }),
  }),
  /**
   * A table that is gone, or rows that are missing in it, from the verified copy into the live database, as its superuser over its own socket. Nothing that
   * is there is overwritten, and no trigger fires.
   */
  'postgres.salvage': changeKind({
    title: { ja: 'コピーからのテーブル・行の救出', en: 'Salvage a table or rows from the copy' },
    risk: 'disruptive',
    takes: 'long',
    params: z.strictObject({
      backups,
      table: salvagedTable,
      /** Only these rows, all conditions together. */
      rows: rowConditions.default([]),
      /** Into the table that lost them (it is created again if it is gone), or into a table of its own beside it. */
      into: z.enum(['missing-rows', 'new-table']).default('missing-rows'),
      zone,
    }),
    byHand: ['table', 'rows', 'into'],
    needs: { postgres: { needs: [], server: 'primary' }, kubernetes: inJob },
    finds: [],
    undo: ({ backups: from }, { before }): Undo => ({
      kind: 'postgres.unsalvage',
      with: { backups: from, run: z.looseObject({ run: z.string() }).parse(before).run },
    }),
  }),
  /** Takes away again what a salvage added, as far as nobody has changed it since. */
  'postgres.unsalvage': changeKind({
    title: { ja: '救出した行の削除', en: 'Remove what was salvaged' },
    risk: 'disruptive',
    takes: 'long',
    params: z.strictObject({ backups, run: z.string().regex(/^[A-Za-z0-9.-]{1,100}$/) }),
    byHand: [],
    undoes: { kinds: ['postgres.salvage'], with: ['backups'] },
    needs: { postgres: { needs: [], server: 'primary' }, kubernetes: inJob },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '取り消し手順はありません。コピーが残っていれば、もう一度救出できます。',
        en: 'there is no undo step; while the copy is there, the rows can be salvaged again.',
      },
    }),
  }),
  'postgres.backup': changeKind({
    title: { ja: 'フルバックアップ', en: 'Full backup' },
    risk: 'reversible',
    repairs: false,
    takes: 'long',
    params: z.strictObject({ backups }),
    byHand: [],
    needs: { postgres: { needs: [] }, kubernetes: inJob },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: 'バックアップは何も変更しないため、取り消しは不要です。',
        en: 'a backup changes nothing that would have to be undone.',
      },
    }),
  }),
}
