/** How a step that takes another one back is named: what it does is bound to the run that it undoes. */
export function undoStep(step: string): string {
  return `${step}-undo`
}

/** Whether a run (`restore-undo`, `restore-undo.2`) is one of such a step. */
export function isUndo(run: string): boolean {
  return /-undo(\.\d+)?$/.test(run)
}
