/** The real workflows over rules that throw where a test wants them to. */
import { decide } from '../../domain/incident/decide.ts'
import { incidentOver } from '../../workflows/incident.ts'

export { desk } from '../../workflows/desk.ts'

export const incident = incidentOver({
  decide: (state, input, now) => {
    if (input.type === 'note' && input.text === 'throw') throw new Error('the rules have a defect')
    if (input.type === 'stage-ended' && input.run === 'rollouts')
      throw new Error('the end of an effect is not understood')
    if (input.type === 'due' && input.deadline.what === 'step-expiry')
      throw new Error('this deadline is not understood')
    return decide(state, input, now)
  },
})
