/** What the coming of a deadline's moment means. Each rule looks for itself whether it still holds: the deadline may come late, or twice. */

import { checklistDue } from './checklist.ts'
import type { Deadline } from './deadlines.ts'
import type { Story } from './fold/story.ts'
import {
  acknowledgementOver,
  levelDue,
  pageRetryDue,
  reminderDue,
  repeatDue,
  updateDue,
} from './pages/escalate.ts'
import { afterwardsOver } from './phases.ts'
import { recoveryOver } from './recovery/recover.ts'
import { lookDue } from './situation/situation.ts'
import { expire } from './steps/allowed.ts'

export function due(story: Story, deadline: Deadline): void {
  const { what } = deadline
  if (what === 'escalate') levelDue(story, deadline.level)
  else if (what === 'repeat') repeatDue(story, deadline.level)
  else if (what === 'page-retry') pageRetryDue(story, deadline.key)
  else if (what === 'step-expiry') expire(story, deadline.run)
  else if (what === 'step-reminder') reminderDue(story, deadline.run)
  else if (what === 'recovery-over') recoveryOver(story)
  else if (what === 'acknowledgement-over') acknowledgementOver(story)
  else if (what === 'checklist') checklistDue(story)
  else if (what === 'update') updateDue(story)
  else if (what === 'look') lookDue(story)
  else if (what === 'afterwards-over') afterwardsOver(story)
  else what satisfies never
}
