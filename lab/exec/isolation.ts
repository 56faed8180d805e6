import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../folders.ts'
import type { Site } from '../part.ts'
import { programFolder } from './places.ts'

/** Who may make a mount namespace here: root, or anybody in a user namespace of their own. */
export type Isolation = 'root' | 'user'

let known: Isolation | 'none' | undefined

/**
 * How `kubectl exec` can be kept inside the lab on this machine; undefined when it cannot, and then there is no exec: kwok runs
 * the programs as processes of the machine, and there `redis-cli` is somebody's own Redis.
 */
export function isolation(): Isolation | undefined {
  known ??= works(['-m'], process.getuid?.() === 0)
    ? 'root'
    : works(['-r', '-m'], process.platform === 'linux')
      ? 'user'
      : 'none'
  return known === 'none' ? undefined : known
}

/** The words before kwok's own: it stays the same process, only in a root of its own. */
export function entered({ dir }: Site): readonly string[] {
  const how = isolation()
  if (how === undefined) return []
  const flags = how === 'root' ? ['-m'] : ['-r', '-m']
  const script = join(packageRoot, 'lab', 'exec', 'enter.sh')
  return [
    'unshare',
    ...flags,
    '--propagation',
    'private',
    'sh',
    script,
    rootOf(dir),
    mountsFile(dir),
    programFolder,
  ]
}

export function rootOf(dir: string): string {
  return join(dir, 'exec', 'root')
}

export function mountsFile(dir: string): string {
  return join(dir, 'exec', 'mounts')
}

function works(flags: readonly string[], may: boolean): boolean {
  if (!may) return false
  // Not everybody has the folder of chroot on their PATH.
  const mounting = ['sh', '-c', 'PATH=$PATH:/usr/sbin:/sbin; mount -t tmpfs probe /mnt && command -v chroot']
  return spawnSync('unshare', [...flags, ...mounting], { stdio: 'ignore', timeout: 5_000 }).status === 0
}
