import { counted, verbFor } from '../../domain/counted.ts'
import type { CheckResult, CheckStatus, DataCheck } from '../../domain/restore/checks.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import { excerptOf } from '../../edge/plain-text.ts'
import type { Connections } from '../connections-file.ts'
import { table } from '../table.ts'
import { type Limits, postgresAt } from './client.ts'
import { runChecks } from './data-checks.ts'

type Params = { readonly connection: string; readonly checks: readonly DataCheck[] }

/** An activity that reads has a minute. Nothing is changed here. */
const limits: Limits = { connectMs: 2_500, readMs: 55_000, changeMs: 1 }
const excerptBytes = 16_384
const mostEvidence = 10

/** Runs the runbook's checks on the live database, one after the other, in a transaction that can only read. */
export async function readData(
  connections: Connections,
  { connection, checks }: Params,
  context: StepContext,
): Promise<Reading> {
  // SQL of a runbook goes by the connection's own login alone: the other ways in lead to a superuser.
  const { reserved: _, pod: __, ...own } = connections.postgres(connection)
  const results = await postgresAt({ ...connections, postgres: () => own }, limits).read({
    connection,
    context,
    ask: (session) => runChecks(session, checks, context.nowMs),
  })
  const those = (status: CheckStatus) => results.filter((result) => result.status === status)
  const [bad, unknown] = [those('failed'), those('not-run')]
  return {
    facts: {
      connection,
      ok: those('ok').length,
      failed: bad.length,
      notRun: unknown.length,
      checks: results,
    },
    findings: [
      ...(bad.length > 0 ? [failedChecks(connection, bad, results.length)] : []),
      ...(unknown.length > 0 ? [unknownChecks(connection, unknown, results.length)] : []),
    ],
    text: excerptOf([listOf(results)], excerptBytes),
    ...(unknown.length > 0 ? { partial: true } : {}),
  }
}

function failedChecks(connection: string, bad: readonly CheckResult[], of: number): Finding {
  return {
    code: 'data-check-failed',
    subject: serverName('postgres', connection),
    says: {
      en: `${bad.length} of ${counted(of, 'data check')} of ${connection} failed`,
      ja: `${connection} のデータチェック ${of} 件中 ${bad.length} 件が不合格`,
    },
    evidence: bad.slice(0, mostEvidence).map(lineOf),
    data: { failed: bad.map(({ name }) => name) },
  }
}

function unknownChecks(connection: string, unknown: readonly CheckResult[], of: number): Finding {
  return {
    code: 'data-check-not-run',
    subject: serverName('postgres', connection),
    says: {
      en: `${unknown.length} of ${counted(of, 'data check')} of ${connection} ${verbFor(unknown.length, 'was', 'were')} not run`,
      ja: `${connection} のデータチェック ${of} 件中 ${unknown.length} 件は実行できず`,
    },
    evidence: unknown.slice(0, mostEvidence).map(lineOf),
    data: { notRun: unknown.map(({ name }) => name) },
  }
}

function lineOf({ name, says }: CheckResult): Text {
  return { en: `${name}: ${says.en}`, ja: `${name}: ${says.ja}` }
}

function listOf(results: readonly CheckResult[]): Text {
  const list = (lang: keyof Text) =>
    table([
      ['CHECK', 'STATUS', 'SAYS'],
      ...results.map(({ name, status, says }) => [name, status, says[lang]]),
    ])
  return { en: list('en'), ja: list('ja') }
}
