import assert from 'node:assert/strict'
import { connectionsIn } from '../../../activities/kubernetes/containers/tcp-table.ts'

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2213 1 0000000000000000 100 0 0 10 0
   1: 0A000005:1F90 0A000009:D1B2 01 00000000:00000000 00:00000000 00000000     0        0 2214 1 0000000000000000 20 4 30 10 -1
   2: 0A000005:D431 0A000007:1538 01 00000000:00000000 00:00000000 00000000     0        0 2215 1 0000000000000000 20 4 30 10 -1
   3: 0A000005:D432 0A000007:1538 01 00000000:00000000 00:00000000 00000000     0        0 2216 1 0000000000000000 20 4 30 10 -1
   4: 0A000005:D433 0A000008:18EB 06 00000000:00000000 03:00000F2E 00000000     0        0 0 3 0000000000000000
`
const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2217 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000500000A:E002 0000000000000000FFFF00000800000A:18EB 01 00000000:00000000 00:00000000 00000000     0        0 2218 1 0000000000000000 20 4 30 10 -1
`

describe('the kernel’s table of connections', () => {
  it('counts what is established, by the port it leads to or the own port it came in on', () => {
    assert.deepEqual(connectionsIn(tcp + tcp6), {
      established: 4,
      outgoing: [
        { port: 5_432, connections: 2 },
        { port: 6_379, connections: 1 },
      ],
      incoming: [{ port: 8_080, connections: 1 }],
    })
  })

  it('is none when the program said something else', () => {
    assert.equal(connectionsIn('cat: /proc/net/tcp: Permission denied'), undefined)
    assert.equal(connectionsIn(tcp.split('\n').slice(0, 1).join('\n'))?.established, 0)
  })
})
