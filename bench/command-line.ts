import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { aoki, command, openDesk, until } from '../test/scenarios/world.ts'
import { type Figure, type Here, quantile, timed } from './figure.ts'

const run = promisify(execFile)
const rounds = 15

/** Start-up of the built command line against bare Node, and `show` against a bare describe with Temporal's own client. */
export async function measureCommandLine(here: Here): Promise<readonly Figure[]> {
  const { env } = here
  const desk = await openDesk(here)
  const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
  await until(here.client, incident, 'running', () => true)
  const describe = `
    const { Client, Connection } = await import('@temporalio/client')
    const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS })
    await new Client({ connection }).workflow.getHandle('${incident}').describe()
    await connection.close()`
  const node = (args: readonly string[]) => timed(() => run(process.execPath, args, { env }))
  const samples: Record<'bare' | 'version' | 'describe' | 'show', number[]> = {
    bare: [],
    version: [],
    describe: [],
    show: [],
  }
  for (let i = 0; i < rounds; i += 1) {
    samples.bare.push(await node(['-e', '0']))
    samples.version.push(await node(['dist/hikeshi.js', '--version']))
    samples.describe.push(await node(['--input-type=module', '-e', describe]))
    samples.show.push(await node(['dist/hikeshi.js', 'show', incident]))
  }
  await command(here.client, incident, 'cancel', aoki, { reason: 'bench' })
  const median = (values: readonly number[]) => quantile(values, 0.5)
  return [
    {
      what: '--version against node -e 0',
      value: median(samples.version) / median(samples.bare),
      unit: 'ratio',
      limit: 1.5,
    },
    {
      what: 'show against a bare describe',
      value: median(samples.show) / median(samples.describe),
      unit: 'ratio',
      limit: 1.3,
    },
  ]
}
