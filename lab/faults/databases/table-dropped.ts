import { noteFault } from '../active.ts'
import type { Fault } from '../fault.ts'
import { needs } from './needs.ts'

export const tableDropped: Fault = {
  name: 'table-dropped',
  description: 'somebody dropped the table orders: its rows are in the backups alone',
  async begin(lab) {
    needs(lab, 'postgres')
    noteFault(lab.dir, 'table-dropped')
    await lab.databases.primary('drop table if exists orders cascade')
  },
}
