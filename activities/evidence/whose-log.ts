/** Whose pod a log is of, for whoever reads it when the pod is gone: a name alone does not tell a Deployment's pod from a DaemonSet's. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { onDisk } from '../../edge/disk.ts'
import { makeLastingFolder } from '../../edge/folder.ts'
import { contentIfThere } from '../../edge/if-there.ts'
import { workloadFile } from '../../wire/archive.ts'
import type { ContainerRun } from './containers.ts'

/** Beside the logs of the pod. */
export function noteWorkload(folder: string, { path, workload }: ContainerRun): Promise<void> {
  const pod = join(folder, dirname(path))
  return onDisk(async () => {
    await makeLastingFolder(pod, 0o700)
    // No link, and no pipe that nobody reads.
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants
    const handle = await open(
      join(pod, workloadFile),
      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK,
      0o600,
    )
    await handle.writeFile(`${workload}\n`).finally(() => handle.close())
  })
}

/** Whether a log is of a pod of this Deployment: `shodo-backend-5d4f8c7b9-x2x1q.1f2e3d4c/…`. */
export async function isLogOf(folder: string, path: string, deployment: string): Promise<boolean> {
  const noted = (await contentIfThere(join(folder, dirname(path), workloadFile)))?.toString().trim()
  if (noted) return noted === `deployment/${deployment}`
  if (!path.startsWith(`${deployment}-`)) return false
  // Of a worker that noted nothing. The hash of a template has no vowels and no digits that look like letters.
  return /^[b-df-hj-np-tv-xz2-9]{1,20}-[a-z0-9]{5}\.[0-9a-f]{8}\//.test(path.slice(deployment.length + 1))
}
