import { refuse } from '../refusal.ts'
import type { DeploymentState, Revision } from './deployment.ts'

export type WantedRevision = {
  readonly toRevision?: number | undefined
  readonly toTemplate?: string | undefined
}

/** The ReplicaSet that is meant: of this template, of this revision, or without either the second newest. */
export function chooseRevision(found: DeploymentState, wanted: WantedRevision): Revision {
  const { revisions, target } = found
  const { toRevision, toTemplate } = wanted
  const chosen =
    toTemplate !== undefined
      ? revisions.find((revision) => revision.hash === toTemplate)
      : toRevision !== undefined
        ? revisions.find((revision) => revision.number === toRevision)
        : revisions[1]
  if (chosen === undefined) {
    return refuse('precondition-failed', { target, reason: whyNone(found, wanted) })
  }
  if (toRevision !== undefined && chosen.number !== toRevision) {
    refuse('precondition-failed', {
      target,
      reason: `template ${chosen.hash} is revision ${chosen.number}, not ${toRevision}`,
    })
  }
  return chosen
}

function whyNone({ revisions, object }: DeploymentState, { toRevision, toTemplate }: WantedRevision): string {
  const kept = `kept are ${revisions.map((r) => `${r.number} (${r.hash})`).join(', ') || 'none'}`
  const limit = `revisionHistoryLimit is ${object.spec?.revisionHistoryLimit ?? 10}`
  if (toTemplate !== undefined)
    return `it has no revision of template ${toTemplate} any more; ${kept}; ${limit}`
  if (toRevision === undefined) return 'it has no earlier revision to go back to'
  const renamed = revisions.find((revision) => revision.formerNumbers.includes(toRevision))
  if (renamed) return `revision ${toRevision} has become revision ${renamed.number} by a rollback`
  return `it has no revision ${toRevision} any more; ${kept}; ${limit}`
}
