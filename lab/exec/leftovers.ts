import { readdirSync, readFileSync } from 'node:fs'

/** Ends the programs that were run in this lab's containers and still go on: kwok leaves them when it ends, or when their caller does. */
export function endPrograms(dir: string): void {
  for (const pid of programsOf(dir)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {} // gone meanwhile
  }
}

/** Numbers of the processes that are programs in this lab's containers. */
export function programsOf(dir: string): readonly number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOurs(name, dir))
    .map(Number)
}

/** Known by what kwok gave it: its own HOME, which is the lab's folder, and the place. */
function isOurs(pid: string, dir: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return environment.includes(`HOME=${dir}`) && environment.some((entry) => entry.startsWith('LAB_PLACE='))
  } catch {
    return false
  }
}
