/** The kernel's table of TCP connections (/proc/net/tcp, /proc/net/tcp6; proc(5)): addresses and states in hexadecimal. */

export type Connections = {
  readonly established: number
  /** Made by the pod, by the port they lead to. */
  readonly outgoing: readonly PortCount[]
  /** Made to a port that the pod listens on. */
  readonly incoming: readonly PortCount[]
}

export type PortCount = { readonly port: number; readonly connections: number }

const established = '01'
const listening = '0A'
const mostPorts = 20

/** Reads both tables, one behind the other. Undefined when there is no table in the text at all. */
export function connectionsIn(tables: string): Connections | undefined {
  if (!/\bsl\s+local_address\b/.test(tables)) return undefined
  const rows = [
    ...tables.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /gm),
  ].map(([, local = '', remote = '', state]) => ({
    local: Number.parseInt(local, 16),
    remote: Number.parseInt(remote, 16),
    state,
  }))
  const served = new Set(rows.filter(({ state }) => state === listening).map(({ local }) => local))
  const open = rows.filter(({ state }) => state === established)
  return {
    established: open.length,
    outgoing: counted(open.filter(({ local }) => !served.has(local)).map(({ remote }) => remote)),
    incoming: counted(open.filter(({ local }) => served.has(local)).map(({ local }) => local)),
  }
}

/** Most connections first. */
function counted(ports: readonly number[]): readonly PortCount[] {
  const counts = new Map<number, number>()
  for (const port of ports) counts.set(port, (counts.get(port) ?? 0) + 1)
  return [...counts]
    .map(([port, connections]) => ({ port, connections }))
    .sort((a, b) => b.connections - a.connections || a.port - b.port)
    .slice(0, mostPorts)
}
