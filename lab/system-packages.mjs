// What tests take from the machine and a Debian system installs in a moment. Plain Node ≥ 18, like the bootstrap itself.
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './child.mjs'

const patience = [
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=15',
  '-o',
  'DPkg::Lock::Timeout=60',
]

/** pgBackRest, where PostgreSQL is: for tests of backups and restores. */
export async function installPgbackrest() {
  if (has('pgbackrest') || !hasPostgres()) return
  await install('pgbackrest', 'backups and restores', 120_000)
}

/** Chromium, with its libraries some 300 MB: for tests of pages. */
export async function installChromium() {
  if (['chromium', 'chromium-browser', 'google-chrome'].some(has)) return
  await install('chromium', 'pages in a browser', 300_000)
}

/**
 * Installs a Debian package where we are root on a Debian system. It never fails: without it its tests are skipped, with that reason.
 * `withinMs` is for all of it.
 */
async function install(name, tests, withinMs) {
  if (process.getuid?.() !== 0 || !has('apt-get')) return
  console.error(`installing the Debian package ${name}, for tests of ${tests}`)
  const end = Date.now() + withinMs
  const get = () => aptGet(end, 'install', '-y', '--no-install-recommends', name)
  let code = await get()
  // An image that was built small knows no package until it has asked.
  if (code !== 0) code = (await aptGet(end, 'update')) || (await get())
  if (code === 0) return
  console.error(`${name} was not installed (apt-get ended with ${code}): those tests are skipped`)
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
