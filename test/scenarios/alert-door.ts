/** The API's door for Alertmanager, over real HTTP and with a token, as a team would set it up. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alertmanager } from '../../client/doors/alertmanager/alertmanager.ts'
import { buildApi } from '../../client/doors/http/server.ts'
import { newToken, openTokens } from '../../client/doors/http/tokens.ts'
import { openIncidents } from '../../client/incidents/incidents.ts'
import { connect, temporalSettings } from '../../client/temporal/connect.ts'
import type { Lab } from '../../lab/index.ts'
import { type DeskView, deskId, type IncidentView } from '../../wire/messages.ts'
import type { World } from './world.ts'

export type AlertDoor = {
  /** Where Alertmanager is to post to, for this desk. */
  readonly receiver: (desk: string) => NonNullable<Parameters<Lab['alertsTo']>[0]>
  readonly close: () => Promise<void>
}

export async function openAlertDoor({ env }: World): Promise<AlertDoor> {
  const machine = newToken()
  const dir = await mkdtemp(join(tmpdir(), 'hikeshi-alerts-'))
  const tokens = [{ machine: 'alertmanager', sha256: machine.sha256 }]
  await writeFile(join(dir, 'tokens.yaml'), JSON.stringify({ tokens }), { mode: 0o600 })
  const temporal = await connect(temporalSettings(env))
  const app = buildApi({
    incidents: openIncidents(temporal),
    alertReaders: [alertmanager],
    tokens: await openTokens(join(dir, 'tokens.yaml')),
    unreachable: async () => undefined,
    onLoopback: true,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return {
    receiver: (desk) => ({
      url: `http://127.0.0.1:${port}/doors/alertmanager?runbook=${desk}`,
      token: machine.token,
    }),
    close: async () => {
      await app.close()
      await temporal.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export async function deskOf({ client }: World, desk: string): Promise<DeskView['state']> {
  return (await client.workflow.getHandle(deskId(desk)).query<DeskView>('desk')).state
}

/** None of the incident's alerts fires any more. */
export function isClear({ state }: IncidentView): boolean {
  return Object.values(state.alerts?.groups ?? { none: { clear: false } }).every((group) => group.clear)
}
