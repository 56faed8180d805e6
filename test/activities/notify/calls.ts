import type { PageCall } from '../../../domain/escalation/page.ts'

/** The first page of a real incident: the team lead, after five minutes. */
export function teamLeadAfterFiveMinutes(channel: string): PageCall {
  return {
    key: `shodo-42/team-lead/team-lead/${channel}/1`,
    incident: 'shodo-42',
    level: 'team-lead',
    reason: 'due',
    person: 'team-lead',
    channel,
    attempt: 1,
    severity: 'HIGH',
    service: 'backend',
    symptom: '5xx',
    description: '5xx が多発 🔥',
    says: { ja: '5分で未解決です', en: 'not resolved after 5 minutes' },
    declaredBy: { kind: 'person', id: 'tanaka', verified: true },
    dueMs: 1_764_000_300_000,
    timezone: 'Asia/Tokyo',
    head: { seq: 7, hash: 'ab'.repeat(32) },
  }
}
