// The one thing that runs before anything is installed: plain Node ≥ 18, no dependencies.
//   node lab/bootstrap.mjs TASK [arguments passed on]
// Fetches a newer Node where the machine's is too old, installs the npm packages if need be, makes sure of the lab's binaries
// where the task wants a lab, then runs what was asked for.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os, { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must, npm, run, stop } from './child.mjs'
import { isTooOld, newerNode, nodeFirst, pinnedMajors, pinnedNode } from './node.mjs'
import { installChromium, installPgbackrest } from './system-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [task = '', ...rest] = process.argv.slice(2)
const withLab = { demo, test, nodes, audit, bench, provision: async () => 0 }
const tasks = { ...withLab, build, hikeshi, types, lint, format, check }

process.chdir(root)
if (!Object.hasOwn(tasks, task))
  stop(2, `usage: node lab/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`)
if (isTooOld()) {
  const program = await newerNode()
  process.exit(await run([program, 'lab/bootstrap.mjs', task, ...rest], { env: nodeFirst(program) }))
}
await installPackages()
if (Object.hasOwn(withLab, task)) {
  // Whoever wants to see an incident does not wait for what only tests use.
  const isForTests = ['test', 'nodes', 'provision'].includes(task)
  if (isForTests) {
    await installPgbackrest()
    await installChromium()
  }
  const all = isForTests ? ['--all'] : []
  await must(tsx('lab/main.ts', 'provision', ...all), 'the lab has no binaries')
}
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

/**
 * Runs mocha and ends with one line that says how many tests passed and failed. All files run side by side, each process with its own lab.
 * What failed in that crowd runs once more, by itself: what fails again has failed, what does not is named as unsteady.
 */
async function test(args) {
  const isAll = args.every((arg) => arg.startsWith('-'))
  const isSaid = args.some(saysHowMany)
  const crowd = isAll && !isSaid ? sideBySide() : []
  const first = await mocha([...crowd, ...args, ...(isAll ? testFiles() : [])])
  const isCrowd = crowd.length > 0 || args.some((arg) => arg.startsWith('--parallel'))
  const again = isCrowd ? toRepeat(first) : []
  if (again.length > 0) console.log(`\nonce more, one after the other: ${again.join(', ')}\n`)
  const alone = args.filter((arg) => arg.startsWith('-') && !saysHowMany(arg))
  const second = again.length > 0 ? await mocha([...alone, ...again]) : undefined
  const files = new Map([...first.files, ...(second?.files ?? [])])
  const failures = [...files.values()].flatMap((file) => file.failures)
  const isUnsteady = ({ title }) => !failures.some((other) => other.title === title)
  for (const { title, why } of again.flatMap((file) => first.files.get(file).failures).filter(isUnsteady))
    console.log(`unsteady: ${title}: ${why}`)
  for (const { title, why } of failures) console.log(`failed: ${title}: ${why}`)
  const sum = (count) => [...files.values()].reduce((all, file) => all + file[count], 0)
  const skipped = sum('skipped')
  console.log(`${sum('passed')} passed, ${failures.length} failed${skipped ? `, ${skipped} skipped` : ''}`)
  return failures.length > 0 ? 1 : first.broke || second?.broke || 0
}

function saysHowMany(arg) {
  return /^--(no-)?(parallel|jobs)/.test(arg)
}

/** The files in which something failed; none where so many did that it is not the crowd. */
function toRepeat({ files }) {
  const few = 8
  const failed = [...files.keys()].filter((file) => files.get(file).failures.length > 0)
  return failed.length > few || failed.includes('') ? [] : failed
}

/** Runs mocha: what it counted in each file, and its exit code where that is not for tests that failed. */
async function mocha(args) {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-test-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const countsFile = join(folder, 'counts.json')
  // mocha's own command starts a second process and does not pass SIGTERM on to it; its inner one is what we want.
  const program = [process.execPath, '--import', 'tsx', 'node_modules/mocha/lib/cli/cli.js']
  const config = ['--config', '.mocharc.json', '--reporter', 'test/lab/counting-reporter.cjs']
  const code = await run([...program, ...config, ...args], { env: { HIKESHI_TEST_COUNTS: countsFile } })
  if (!existsSync(countsFile)) stop(code || 1, 'the test run ended before it could count')
  const files = new Map(Object.entries(JSON.parse(readFileSync(countsFile, 'utf8'))))
  const failed = [...files.values()].reduce((all, { failures }) => all + failures.length, 0)
  return { files, broke: code === Math.min(failed, 255) ? 0 : code || 1 }
}

/** A process for each core, as far as there is memory for its lab. */
function sideBySide() {
  const gibPerLab = 4
  const jobs = Math.min(os.availableParallelism(), Math.floor(os.totalmem() / 2 ** 30 / gibPerLab))
  return jobs > 1 ? ['--parallel', `--jobs=${jobs}`] : []
}

/** Every file of tests; those of the folders that take longest first, so that no process is left alone with them at the end. */
function testFiles() {
  const longest = ['restore', 'scenarios', 'faults'].map((folder) => join('test', folder, '/'))
  const isLong = (file) => longest.some((folder) => file.startsWith(folder))
  const files = ['test', 'channels']
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
  return [...files.filter(isLong), ...files.filter((file) => !isLong(file))]
}

/** What could differ from one Node to the next: rules, surfaces, and whether a history replays to the same bytes. */
async function nodes() {
  const programs = []
  for (const major of pinnedMajors) programs.push(await pinnedNode(major))
  const kinds = ['domain', 'surfaces', 'replay'].map((kind) => `test/${kind}/**/*.test.ts`)
  const codes = []
  for (const program of programs)
    codes.push(await run([program, 'lab/bootstrap.mjs', 'test', ...kinds], { env: nodeFirst(program) }))
  codes.push(await run(tsx('test/replay/same-bytes.ts', ...programs)))
  return codes.find((code) => code !== 0) ?? 0
}

function build() {
  return run(tsx('build.ts'))
}

function hikeshi(args) {
  return run(tsx('client/doors/cli/main.ts', ...args))
}

async function types() {
  return (await run(tool('tsc', '-p', 'tsconfig.json'))) || run(tool('tsc', '-p', 'tsconfig.workflows.json'))
}

function lint(args) {
  return run(tool('biome', 'check', ...args, '.'))
}

function format() {
  return lint(['--write'])
}

/** In seconds, and without a lab. */
async function check() {
  const rules = tool(
    'mocha',
    '--config',
    '.mocharc.json',
    'test/domain/**/*.test.ts',
    'test/docs/**/*.test.ts',
  )
  return (await types()) || (await lint([])) || run(rules)
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
    // Also where the environment says production: the lab is built and run with what is for development. Before 11.16 npm does not
    // know package.json's allowScripts, and would run every script.
    const install = npm('ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund')
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

/** The program of this name that a package brings. */
function tool(name, ...args) {
  return [process.execPath, join('node_modules', '.bin', name), ...args]
}
