/** Workflows whose task fails again and again, each with what to do; and whether Temporal tells of them by itself. */

import { reportsProblems, type Stuck, stuckFailure, stuckNow } from '../../wire/stuck.ts'
import type { Temporal } from '../connect.ts'
import { type Finding, refusalFinding } from './finding.ts'

const check = 'stuck workflows'

export async function checkStuckWorkflows(temporal: Temporal): Promise<readonly Finding[]> {
  const [{ stuck, of }, reports] = await Promise.all([stuckNow(temporal), reportsProblems(temporal)])
  const unreported = reports ? [] : [silentServer]
  if (stuck.length > 0) return [...stuck.map(stuckFinding), ...unreported]
  const none = { en: `none of ${of}`, ja: `なし（${of} 件中）` }
  return [{ check, status: 'ok', says: none }, ...unreported]
}

function stuckFinding(stuck: Stuck): Finding {
  const { workflow, sinceMs } = stuck
  const finding = refusalFinding(`stuck ${workflow}`, stuckFailure(stuck))
  const since = `${new Date(sinceMs).toISOString().slice(0, 19)}Z`
  const { en, ja } = finding.says
  return { ...finding, says: { en: `${en} (since ${since})`, ja: `${ja}（${since} から）` } }
}

const silentServer: Finding = {
  check,
  status: 'warn',
  says: {
    en: 'this Temporal does not report failing tasks: `list` marks none, and workers find them by looking at one workflow after the other',
    ja: 'この Temporal は失敗し続けるタスクを報告しません。list に印は付かず、ワーカーが順に確認して検出します',
  },
  next: {
    en: 'Use Temporal 1.30 or newer and set system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute to 1.',
    ja: 'Temporal 1.30 以降で system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute を 1 に設定してください。',
  },
}
