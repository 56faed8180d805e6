/** How many users it reached: counted by the runbook's query once the incident is resolved. */
import { iso } from '../iso.ts'
import { affectedStep } from '../runbook/runbook.ts'
import { system, type Text } from '../words.ts'
import type { Story } from './fold/story.ts'
import { request, roomRefusal } from './steps/request.ts'

const title: Text = { ja: '影響ユーザー数の集計', en: 'Count the affected users' }

/** Of the time from the declaration to now. */
export function countAffected(story: Story): void {
  const { runbook, declaredAtMs } = story.state
  const { affectedUsers } = runbook.book
  if (affectedUsers === undefined || roomRefusal(story.state) !== undefined) return
  const { kind, with: params } = affectedUsers
  const span = { since: iso(declaredAtMs), until: iso(story.now) }
  request(story, system, {
    step: affectedStep,
    kind,
    title,
    params: { ...params, ...span },
    origin: 'runbook',
  })
}
