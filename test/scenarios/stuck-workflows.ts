/** The real workflows with a defect that nothing of ours catches: after the signal `break` their task fails for ever. */
import { defineSignal, setHandler } from '@temporalio/workflow'
import * as real from '../../workflows/index.ts'

export { look } from '../../workflows/index.ts'

export const incident: typeof real.incident = (input) => {
  breakable()
  return real.incident(input)
}

export const desk: typeof real.desk = (input) => {
  breakable()
  return real.desk(input)
}

function breakable(): void {
  setHandler(defineSignal('break'), () => {
    throw new Error('the workflow itself has a defect')
  })
}
