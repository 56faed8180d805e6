import { execFile } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { promisify } from 'node:util'

/** How a database's programs run: as a user of its own where we are root, and in folders of that user. */
export function accountOf({ as, owner }) {
  const own = (path) => {
    if (owner) chownSync(path, owner.uid, owner.gid)
  }
  return {
    own,
    makeFolder: (path) => {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      own(path)
    },
    command: (program, ...args) => [...as, program, ...args],
    run: async (program, ...args) => {
      const [first, ...rest] = [...as, program, ...args]
      await promisify(execFile)(first, rest, { cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C' } })
    },
  }
}
