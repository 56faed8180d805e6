/** Every verb of the contract (design.md) with its words; the work is in verbs/. */
import type { Command } from 'commander'
import { addAfterwards } from './afterwards-verbs.ts'
import { addEvidenceVerbs } from './evidence-verbs.ts'
import { addEndVerbs, addIncidentVerbs } from './incident-verbs.ts'
import { addLogVerbs } from './log-verbs.ts'
import { addPeopleVerbs } from './people-verbs.ts'
import { addRestoreVerbs } from './restore-verbs.ts'
import { addPeoplesStepVerbs, addStepVerbs } from './step-verbs.ts'
import { addSystemVerbs } from './system-verbs.ts'
import type { AddVerb, Say } from './verb.ts'

export function addVerbs(program: Command, add: AddVerb, say: Say): void {
  addIncidentVerbs(program, add, say)
  addAfterwards(program, add, say)
  addPeopleVerbs(program, add, say)
  addStepVerbs(program, add, say)
  addPeoplesStepVerbs(program, add, say)
  addRestoreVerbs(program, add, say)
  addEndVerbs(program, add, say)
  addEvidenceVerbs(program, add, say)
  addLogVerbs(program, add, say)
  addSystemVerbs(program, add, say)
}
