// What tests take from the machine and a Debian system installs in a moment. Plain Node ≥ 18, like the bootstrap itself.
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './child.mjs'

/** For all of it. */
const withinMs = 120_000
const patience = [
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=15',
  '-o',
  'DPkg::Lock::Timeout=60',
]

/**
 * Installs pgbackrest where we are root on a Debian system that has PostgreSQL and not yet pgBackRest. It never fails: without it
 * the tests of backups and restores are skipped, with that reason.
 */
export async function installPgbackrest() {
  if (has('pgbackrest') || !hasPostgres() || process.getuid?.() !== 0 || !has('apt-get')) return
  console.error('installing the Debian package pgbackrest, for tests of backups and restores')
  const end = Date.now() + withinMs
  const install = () => aptGet(end, 'install', '-y', '--no-install-recommends', 'pgbackrest')
  let code = await install()
  // An image that was built small knows no package until it has asked.
  if (code !== 0) code = (await aptGet(end, 'update')) || (await install())
  if (code === 0) return
  console.error(`pgbackrest was not installed (apt-get ended with ${code}): those tests are skipped`)
}

function aptGet(end, ...args) {
  const seconds = Math.max(1, Math.ceil((end - Date.now()) / 1_000))
  const bounded = has('timeout') ? ['timeout', '--kill-after=10', String(seconds)] : []
  return run([...bounded, 'apt-get', '-qq', ...patience, ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function hasPostgres() {
  if (has('postgres')) return true
  try {
    return readdirSync('/usr/lib/postgresql').length > 0
  } catch {
    return false
  }
}

function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
