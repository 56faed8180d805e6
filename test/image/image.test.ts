import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { healLab, type Lab } from '../../lab/index.ts'
import { sharedLab } from '../lab/shared.ts'

const run = promisify(execFile)

/** No container engine: the Dockerfile's own steps, in fresh folders instead of layers. */
describe('the image', function () {
  this.timeout(300_000)
  let lab: Lab
  let scratch: string
  let image: string
  let dockerfile: readonly string[]

  before(async () => {
    lab = await sharedLab()
    await healLab(lab)
    scratch = await mkdtemp(join(tmpdir(), 'hikeshi-image-'))
    // Continued lines are one instruction.
    dockerfile = (await readFile('Dockerfile', 'utf8')).replace(/\\\n\s*/g, '').split('\n')
    const [build = [], final = []] = stages(dockerfile)
    const app = join(scratch, 'build')
    await mkdir(app)
    for (const line of build) {
      const [, copied] = /^COPY (.+) \.\/?$/.exec(line) ?? []
      if (copied === '.') await copyContext(app)
      else for (const file of copied?.split(' ') ?? []) await cp(file, join(app, file))
      const [, command] = /^RUN (.+)$/.exec(line) ?? []
      if (command !== undefined) await run('bash', ['-euc', command], { cwd: app, maxBuffer: 64_000_000 })
    }
    image = join(scratch, 'image')
    await mkdir(image)
    for (const line of final) {
      const [, copied] = /^COPY --from=build (.+) \.\/\S*$/.exec(line) ?? []
      for (const file of copied?.split(' ') ?? []) {
        const name = file.replace('/app/', '')
        await cp(join(app, name), join(image, name), { recursive: true, verbatimSymlinks: true })
      }
    }
  })
  after(() => rm(scratch, { recursive: true, force: true }))

  const hikeshi = async (...argv: string[]) =>
    (
      await run(process.execPath, ['dist/hikeshi.js', ...argv], {
        cwd: image,
        env: { ...process.env, ...lab.env },
      })
    ).stdout

  it('holds what it starts with, and no tools of development', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'))
    assert.equal(await hikeshi('--version'), `${version}\n`)
    assert.match(await hikeshi('runbook', 'check', 'runbooks/shodo.yaml'), /^ok/)
    const packages = await readdir(join(image, 'node_modules'))
    assert.ok(packages.includes('@temporalio'))
    assert.ok(!packages.includes('mocha') && !packages.includes('typescript'))
  })

  it('works: a worker of the image publishes the runbooks and takes the picture of an incident', () =>
    withWorker(async () => {
      const incident = await declared()
      assert.match(await hikeshi('situation', incident), /health:frontend/)
      await hikeshi('cancel', incident, '--reason', 'test')
    }))

  it('ends with 130 on Ctrl-C, with the timeline as far as it was and nothing said', () =>
    withWorker(async () => {
      const incident = await declared()
      const watch = spawn(process.execPath, ['dist/hikeshi.js', 'watch', incident], {
        cwd: image,
        env: { ...process.env, ...lab.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const ended = once(watch, 'close')
      const err = text(watch.stderr)
      for await (const line of createInterface(watch.stdout)) {
        if (/declared LOW/.test(line)) watch.kill('SIGINT')
      }
      const [code] = await ended
      assert.deepEqual([code, await err], [130, ''])
      await hikeshi('cancel', incident, '--reason', 'test')
    }))

  async function declared(): Promise<string> {
    const answer = await hikeshi(
      ...['declare', '--service', 'shodo/frontend', '--severity', 'LOW', '--description', 'image'],
      ...['--new', '-o', 'json'],
    )
    return JSON.parse(answer).incident
  }

  async function withWorker(work: () => Promise<void>): Promise<void> {
    const worker = spawn(process.execPath, ['dist/hikeshi.js', 'worker', '--runbooks', 'runbooks'], {
      cwd: image,
      env: { ...process.env, ...lab.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      // Told to stop while it starts, it ends with 143.
      for await (const line of createInterface(worker.stderr)) if (/Worker running/.test(line)) break
      worker.stderr.resume()
      await published()
      await work()
    } finally {
      worker.kill('SIGTERM')
      const [code] = await once(worker, 'exit')
      assert.equal(code, 0)
    }
  }

  async function published(): Promise<void> {
    const end = Date.now() + 60_000
    while (!/shodo/.test(await hikeshi('runbook', 'list').catch(() => ''))) {
      assert.ok(Date.now() < end, 'the worker did not publish runbooks/')
    }
  }
})

/** The lines of each stage, without the FROM that begins it. */
function stages(lines: readonly string[]): readonly (readonly string[])[] {
  const begins = lines.flatMap((line, index) => (line.startsWith('FROM ') ? [index] : []))
  return begins.map((from, stage) => lines.slice(from + 1, begins[stage + 1]))
}

/** The build context: everything that .dockerignore does not keep out. */
async function copyContext(to: string): Promise<void> {
  const patterns = (await readFile('.dockerignore', 'utf8')).split('\n').filter((line) => /^[^#]/.test(line))
  const fits = (name: string, pattern: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name)
  const isKept = (path: string) => {
    const [first = '', ...rest] = relative('.', path).split('/')
    const last = rest.at(-1) ?? first
    return !patterns.some((pattern) =>
      pattern.startsWith('**/') ? fits(last, pattern.slice(3)) : fits(first, pattern),
    )
  }
  const top = (await readdir('.')).filter(isKept)
  await Promise.all(top.map((name) => cp(name, join(to, name), { recursive: true, filter: isKept })))
}
