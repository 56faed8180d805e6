/** The workflows of a worker, with the real rules bound in. */
import { decide } from '../domain/incident/decide.ts'
import { incidentOver } from './incident.ts'

export { highestArchived } from './calls/archive.ts'
export { collect } from './collect.ts'
export { desk } from './desk.ts'
export { drill } from './drill.ts'
export { look } from './look.ts'
export { rehearse } from './rehearse.ts'
export const incident = incidentOver({ decide })
