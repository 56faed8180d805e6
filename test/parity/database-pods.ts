/** The databases of the lab as the seed reaches them, by `kubectl exec` in their pods, and our hands on the same. */
import assert from 'node:assert/strict'
import type { Context } from 'mocha'
import { openConnections } from '../../activities/connections-file.ts'
import { handsOf } from '../../activities/hands.ts'
import { kubernetesApi } from '../../activities/kubernetes/index.ts'
import { sharedLab } from '../lab/shared.ts'
import { skipWithout } from '../lab/skip.ts'
import { kubectlIn } from './kubectl.ts'

/** Between columns and between rows: no name and no query holds them, though queries have several lines. */
const [column, row] = ['\u001f', '\u001e']

export async function openDatabasePods(context: Context) {
  const lab = await sharedLab()
  skipWithout(context, lab, 'exec', 'postgres', 'redis')
  const hands = handsOf({
    kubernetes: kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig }),
    connections: await openConnections(lab.env.HIKESHI_CONNECTIONS, {}),
  })
  /** What the command prints; it must end well. */
  const seed = async (pod: string, ...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await kubectlIn(lab, 'shodo', 'exec', pod, '--', ...argv)
    assert.equal(code, 0, stderr)
    return stdout
  }
  /** The rows of the seed's psql, by column; empty is NULL. */
  const psql = async (sql: string, pod = 'postgres-primary-0', ...where: readonly string[]) => {
    const how = ['-X', '-A', '-F', column, '-R', row, '-P', 'footer=off']
    const answer = await seed(pod, 'psql', '-U', 'shodo', ...where, ...how, '-c', sql)
    const [head = '', ...rows] = answer.trimEnd().split(row)
    const names = head.split(column)
    return rows.map((line) => {
      const cells = line.split(column)
      return Object.fromEntries(names.map((name, i) => [name, cells[i] || null]))
    })
  }
  return { lab, hands, seed, psql }
}

export type DatabasePods = Awaited<ReturnType<typeof openDatabasePods>>
