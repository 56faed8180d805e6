// The one thing that runs before anything is installed: plain Node, no dependencies.
//   node lab/bootstrap.mjs demo|test|audit|bench|provision [arguments passed on]
// Installs the npm packages if need be, makes sure of the lab's binaries, then runs what was asked for.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const oldestNode = [20, 19]
const [task = '', ...rest] = process.argv.slice(2)
const tasks = { demo, test, audit, bench, provision: async () => 0 }
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

process.chdir(root)
checkNode()
if (!Object.hasOwn(tasks, task))
  stop(2, `usage: node lab/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`)
await installPackages()
// Whoever wants to see an incident does not wait for what only tests use.
const all = task === 'test' || task === 'provision' ? ['--all'] : []
await must(tsx('lab/main.ts', 'provision', ...all), 'the lab has no binaries')
process.exitCode = await tasks[task](rest)

function demo(args) {
  return run(tsx('lab/demo.ts', ...args))
}

/** Random kills of worker and server, and what they must not do to anybody's timeline. */
function audit(args) {
  return run(tsx('test/audit/main.ts', ...args))
}

function bench(args) {
  return run(tsx('bench/main.ts', ...args))
}

/** Runs mocha and ends with one line that says how many tests passed and failed. */
async function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-test-'))
  const countsFile = join(folder, 'counts.json')
  // mocha's own command starts a second process and does not pass SIGTERM on to it; its inner one is what we want.
  const mocha = [process.execPath, '--import', 'tsx', 'node_modules/mocha/lib/cli/cli.js']
  const config = ['--config', '.mocharc.json', '--reporter', 'test/lab/counting-reporter.cjs']
  const specs = args.some((arg) => !arg.startsWith('-')) ? args : [...args, 'test/**/*.test.ts']
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const code = await run([...mocha, ...config, ...specs], { HIKESHI_TEST_COUNTS: countsFile })
  if (!existsSync(countsFile)) stop(code || 1, 'the test run ended before it could count')
  const { passed, failed, skipped, failures } = JSON.parse(readFileSync(countsFile, 'utf8'))
  for (const title of failures) console.log(`failed: ${title}`)
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
  return code || (failed ? 1 : 0)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return
  stop(
    1,
    `Node ${process.versions.node} is too old: install Node ${oldestNode.join('.')} or newer (https://nodejs.org)`,
  )
}

/** Runs `npm ci` unless node_modules holds exactly what package-lock.json asks for, for this version of Node. */
async function installPackages() {
  const stampFile = join('node_modules', '.hikeshi-stamp')
  const stamp = createHash('sha256')
    .update(readFileSync('package-lock.json'))
    .update(process.versions.modules)
    .digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  if (!matchesLock()) {
    console.error('installing npm packages (about half a minute the first time)')
    // Also where the environment says production: the lab is built and run with what is for development.
    const install = ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund']
    await must(install, 'npm ci failed: look at its messages above')
    if (!matchesLock()) stop(1, 'npm ci left packages of package-lock.json out: look at your npm settings')
  }
  writeFileSync(stampFile, stamp)
}

/** Someone may have run `npm ci` by hand: then every package of the lock is there, in its version. */
function matchesLock() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  return Object.entries(packages).every(([path, { version, optional }]) => {
    if (path === '') return true
    const manifest = join(path, 'package.json')
    if (!existsSync(manifest)) return optional === true // for another platform
    return JSON.parse(readFileSync(manifest, 'utf8')).version === version
  })
}

function tsx(...args) {
  const loader = createRequire(join(root, 'package.json')).resolve('tsx')
  return [process.execPath, '--import', `file://${loader}`, ...args]
}

async function must(command, complaint) {
  const code = await run(command)
  if (code !== 0) stop(code, complaint)
  // It may have been done when the signal came, and what was asked for has not begun.
  if (told) stop(interrupted[told], `stopped by ${told}`)
}

/**
 * Runs the command with our terminal and returns its exit code. Ctrl-C is passed on, and we wait for the child to
 * clean up: whoever sees us end may rely on nothing being left.
 */
function run([command, ...args], env = {}) {
  return new Promise((resolve) => {
    child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
    child.once('error', (error) => stop(1, `${command} could not be started: ${error.message}`))
    child.once('close', (code, signal) => {
      child = undefined
      if (signal) stop(interrupted[signal] ?? 1, `stopped by ${signal}`)
      resolve(code ?? 1)
    })
  })
}

function stop(code, message) {
  console.error(message)
  process.exit(code)
}
