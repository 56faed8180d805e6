/** What the coming of a deadline's moment means. Each rule looks for itself whether it still holds: the deadline may come late, or twice. */
import {
  acknowledgementOver,
  levelDue,
  pageRetryDue,
  reminderDue,
  repeatDue,
  updateDue,
} from '../escalation/escalate.ts'
import { expire } from './allowed.ts'
import type { Deadline } from './deadlines.ts'
import { lookDue } from './diagnose.ts'
import { afterwardsOver } from './phases.ts'
import { recoveryOver } from './recover.ts'
import type { Story } from './story.ts'

export function due(story: Story, deadline: Deadline): void {
  const { what } = deadline
  if (what === 'escalate') levelDue(story, deadline.level)
  else if (what === 'repeat') repeatDue(story, deadline.level)
  else if (what === 'page-retry') pageRetryDue(story, deadline.key)
  else if (what === 'step-expiry') expire(story, deadline.run)
  else if (what === 'step-reminder') reminderDue(story, deadline.run)
  else if (what === 'recovery-over') recoveryOver(story)
  else if (what === 'acknowledgement-over') acknowledgementOver(story)
  else if (what === 'update') updateDue(story)
  else if (what === 'look') lookDue(story)
  else if (what === 'afterwards-over') afterwardsOver(story)
  else what satisfies never
}
