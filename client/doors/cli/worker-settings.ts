/** Settings of a worker that would else be missed only when an incident needs them. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { name } from '../../../domain/names.ts'
import type { Text } from '../../../domain/words.ts'
import { makeFolder } from '../../../edge/folder.ts'
import { refused } from '../../../edge/refused.ts'
import { reasonInWords } from '../../../edge/system-reason.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Refuses the first one that cannot be meant. What is not set is not judged. */
export async function checkWorkerSettings(env: Env): Promise<void> {
  const { HIKESHI_CLUSTER: cluster, HIKESHI_LAB: lab, HIKESHI_KUBECONFIG: kubeconfig } = env
  if (cluster !== undefined && !name.safeParse(cluster).success)
    throw wrong('HIKESHI_CLUSTER', {
      en: 'expected the name of a cluster as in runbooks: a-z, 0-9 and -.',
      ja: 'Runbook と同じクラスター名（a-z、0-9、-）を指定してください。',
    })
  if (lab !== undefined && !['', '0', '1'].includes(lab))
    throw wrong('HIKESHI_LAB', {
      en: 'expected 1 for a lab, or nothing.',
      ja: 'ラボでは 1、それ以外では何も指定しないでください。',
    })
  const roles = env.HIKESHI_WORKER_ROLES ?? 'cluster'
  if (kubeconfig !== undefined && roles.includes('cluster'))
    await mustWork('HIKESHI_KUBECONFIG', async () => {
      await access(kubeconfig, constants.R_OK)
      if ((await stat(kubeconfig)).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    })
  const { HIKESHI_ARCHIVE: archive } = env
  if (archive !== undefined)
    await mustWork('HIKESHI_ARCHIVE', async () => {
      await makeFolder(archive, 0o700)
      if (!(await stat(archive)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
      await access(archive, constants.W_OK)
    })
}

async function mustWork(setting: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw wrong(setting, reasonInWords(error))
  }
}

function wrong(where: string, problem: Text) {
  return refused('bad-input', { where, problem })
}
