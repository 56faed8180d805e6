/** Workflows whose task fails again and again, each with what to do; and whether Temporal tells of them by itself. */

import { reportsProblems, type Stuck, stuckFailure, stuckNow } from '../../wire/server/stuck.ts'
import type { Temporal } from '../temporal/connect.ts'
import { type Check, refusedCheck } from './check.ts'

const check = 'stuck workflows'

export async function checkStuckWorkflows(temporal: Temporal): Promise<readonly Check[]> {
  const [{ stuck, of }, reports] = await Promise.all([stuckNow(temporal), reportsProblems(temporal)])
  const unreported = reports ? [] : [silentServer]
  if (stuck.length > 0) return [...stuck.map(stuckCheck), ...unreported]
  const none = { en: `none of ${of}`, ja: `なし（${of} 件中）` }
  return [{ check, status: 'ok', says: none }, ...unreported]
}

function stuckCheck(stuck: Stuck): Check {
  const { workflow, sinceMs } = stuck
  const failed = refusedCheck(`stuck ${workflow}`, stuckFailure(stuck))
  const since = `${new Date(sinceMs).toISOString().slice(0, 19)}Z`
  const { en, ja } = failed.says
  return { ...failed, says: { en: `${en} (since ${since})`, ja: `${ja}（${since} から）` } }
}

const silentServer: Check = {
  check,
  status: 'warn',
  says: {
    en: 'this Temporal does not report failing tasks: `list` marks none, and workers have to check one workflow at a time',
    ja: 'この Temporal は失敗し続けるタスクを報告しません。list に印は付かず、ワーカーが順に確認して検出します',
  },
  next: {
    en: 'Use Temporal 1.30 or newer and set system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute to 1.',
    ja: 'Temporal 1.30 以降で system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute を 1 に設定してください。',
  },
}
