import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { accountOf } from './account.mjs'

const attempts = 3
const againAfterMs = 1_000
const made = {}

/**
 * The primary's archive and its first backup. `settings` go into postgresql.conf; `open()` makes an empty archive for a cluster that is
 * still stopped; `begin()` makes the first backup in the background, unless there is one; `end()` returns when nothing of it runs.
 */
export function openBackups({ postgres, backups }) {
  const { program, config, stanza, repository, outcome } = backups
  const account = accountOf(postgres)
  let child
  let working
  let ended = false

  async function run(...args) {
    const [first, ...rest] = account.command(program, `--config=${config}`, `--stanza=${stanza}`, ...args)
    const running = promisify(execFile)(first, rest, {
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    })
    child = running.child
    try {
      await running
    } catch (error) {
      throw new Error(error.stderr || error.message)
    } finally {
      child = undefined
    }
  }

  /** A cluster that was created again is another one, and pgBackRest refuses to mix their logs. */
  async function open() {
    rmSync(outcome, { force: true })
    rmSync(repository, { recursive: true, force: true })
    account.makeFolder(repository)
    try {
      // Before the server's first start, so that it never archives in vain.
      await run('stanza-create', '--no-online')
    } catch (error) {
      note({ failed: error.message })
      throw error
    }
  }

  function begin() {
    working ??= firstBackup().finally(() => {
      working = undefined
    })
  }

  async function firstBackup() {
    if (isMade()) return
    for (let attempt = 1; !ended; attempt += 1) {
      try {
        await run('backup', '--type=full')
        return note(made)
      } catch (error) {
        // Somebody may have stopped the server under it.
        if (ended) return
        console.error(`first backup: ${error.message}`)
        if (attempt === attempts) return note({ failed: error.message })
        await sleep(againAfterMs)
      }
    }
  }

  function note(how) {
    writeFileSync(outcome, JSON.stringify(how))
  }

  function isMade() {
    return existsSync(outcome) && readFileSync(outcome, 'utf8') === JSON.stringify(made)
  }

  async function end() {
    ended = true
    const going = child
    if (going && going.exitCode === null && going.signalCode === null) {
      const gone = once(going, 'exit')
      going.kill('SIGTERM')
      await gone
    }
    await working
  }

  return { settings: settingsOf(backups), open, begin, end }
}

function settingsOf({ program, config, stanza }) {
  const push = [program, `--config=${config}`, `--stanza=${stanza}`, 'archive-push']
  const inShell = (word) => (/^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
  // A percent sign is PostgreSQL's own there.
  const command = `${push.map(inShell).join(' ').replaceAll('%', '%%')} %p`
  const inFile = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
  const settings = {
    archive_mode: 'on',
    archive_command: inFile(command),
    archive_timeout: '60s',
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}
