/**
 * Revisions that a rollback left because their pods failed, kept on the Deployment itself: nothing else remembers once their pods are
 * gone. A revision that is rolled out again gets a new number, and with it a new chance.
 */
import type { DeploymentState, Revision } from '../objects/deployment.ts'

export const brokenAnnotation = 'hikeshi.dev/broken'
const mostKept = 10

/** `5d4f8c7b9:6`: template hash and revision. */
function markOf({ hash, number }: Revision): string {
  return `${hash}:${number}`
}

function marksOn({ annotations }: DeploymentState): readonly string[] {
  return (annotations[brokenAnnotation] ?? '').split(',').filter((mark) => mark !== '')
}

export function isKnownBroken(deployment: DeploymentState, revision: Revision): boolean {
  return marksOn(deployment).includes(markOf(revision))
}

/** The annotation as it will be; empty where there is nothing to remember. */
export function brokenMarks(deployment: DeploymentState, left: Revision | undefined): Record<string, string> {
  const marks = [...marksOn(deployment), ...(left === undefined ? [] : [markOf(left)])]
  if (marks.length === 0) return {}
  return { [brokenAnnotation]: [...new Set(marks)].slice(-mostKept).join(',') }
}
