// What the bootstrap starts, one after the other, with our terminal. Plain Node ≥ 18, like the bootstrap itself.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const interrupted = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** What runs now, and the signal that asked us to end. */
let child
let told
// On a terminal the child has had its own Ctrl-C already; all of ours take a second one calmly.
for (const signal of Object.keys(interrupted))
  process.on(signal, () => {
    told ??= signal
    child?.kill(signal)
  })

/**
 * Runs the command with our terminal and returns its exit code. Ctrl-C is passed on, and we wait for the child to
 * clean up: whoever sees us end may rely on nothing being left.
 */
export function run([command, ...args], { env = {}, stdio = 'inherit' } = {}) {
  heed()
  return new Promise((resolve) => {
    child = spawn(command, args, { stdio, env: { ...process.env, ...env } })
    child.once('error', (error) => stop(1, `${command} could not be started: ${error.message}`))
    child.once('close', (code, signal) => {
      child = undefined
      if (signal) stop(interrupted[signal] ?? 1, `stopped by ${signal}`)
      resolve(code ?? 1)
    })
  })
}

/** What ran may have been done when the signal came; nothing more begins. */
function heed() {
  if (told) stop(interrupted[told], `stopped by ${told}`)
}

/** Runs the command, and ends with the complaint where it fails. */
export async function must(command, complaint, options) {
  const code = await run(command, options)
  heed()
  if (code !== 0) stop(code, complaint)
}

/** npm as the running Node runs it: by its shebang it would be the Node on PATH, which may be another. */
export function npm(...args) {
  const cli = npmCli()
  return cli === undefined ? ['npm', ...args] : [process.execPath, cli, '--no-update-notifier', ...args]
}

export function npmCli() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const installed = folders.map((folder) => join(folder, 'npm')).find((file) => existsSync(file))
  return [process.env.npm_execpath, installed && realpathSync(installed)].find((file) =>
    file?.endsWith('npm-cli.js'),
  )
}

export function stop(code, message) {
  console.error(message)
  process.exit(code)
}
