import { present } from '../present.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import { digest } from '../timeline/canonical.ts'
import type { Actor } from '../words.ts'
import type { Declaration } from './commands.ts'
import { consequences } from './consequences.ts'
import { policyFrom } from './fold/levels.ts'
import type { IncidentState } from './fold/state.ts'
import { type Story, tell } from './fold/story.ts'
import { readSymptom } from './steps/propose.ts'

/** What a desk starts an incident with. */
export type Opening = {
  readonly incident: string
  /** The rules this incident keeps for its whole life: its history is re-executed by releases that know newer ones. */
  readonly rules: number
  readonly declaration: Declaration
  readonly by: Actor
  /** When the desk took the declaration, epoch ms: escalation counts from here. */
  readonly atMs: number
  readonly runbook: PublishedRunbook
  readonly lab: boolean
  readonly frozen?: { readonly by: Actor; readonly at: string }
}

/** The first facts of an incident, and the blank state that they are folded onto. `now` is the first moment of its workflow. */
export function open(opening: Opening, now: number): Story & { readonly blank: IncidentState } {
  const { incident, rules, declaration: d, by, atMs, runbook, lab, frozen } = opening
  const { book, ...proof } = runbook
  const blank: IncidentState = {
    id: incident,
    rules,
    lab,
    runbook,
    declaredAtMs: atMs,
    declaredBy: by,
    description: d.description,
    service: d.service,
    ...present({ symptom: d.symptom }),
    severity: d.severity,
    severityOf: { by, severity: d.severity },
    worst: d.severity,
    ...present({ impact: d.impact }),
    dataLoss: d.dataLoss,
    breach: d.breach,
    risksBy: { ...(d.dataLoss ? { dataLoss: by } : {}), ...(d.breach ? { breach: by } : {}) },
    phase: 'investigating',
    reports: 1,
    responders: [],
    lastUpdateAtMs: atMs,
    notes: [],
    checks: {},
    itemsReminded: [],
    situation: { wanted: 0, requestedAtMs: now },
    findings: [],
    steps: {},
    recoveries: 0,
    resolutionProposed: false,
    escalation: policyFrom({ runbook, dataLoss: d.dataLoss, breach: d.breach }, atMs),
    pages: {},
    ...present({ frozen }),
    internalErrors: 0,
    run: 1,
    archivedRun: 0,
  }
  const story: Story = { state: blank, facts: [], now }
  tell(story, 'declared', by, {
    ...d,
    rules,
    incident,
    lab,
    frozen: frozen !== undefined,
    runbook: { ...proof, name: book.runbook },
    inputSha256: digest(opening),
  })
  tell(story, 'situation-requested', by, { number: 1 })
  readSymptom(story)
  consequences(story)
  return { ...story, blank }
}
