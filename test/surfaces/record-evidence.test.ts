/** What people record by hand, from the note in a real timeline into a bundle that proves itself. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  aoki,
  type Desk,
  ofType,
  openDesk,
  scratch,
  timeline,
  type World,
  world,
} from '../scenarios/world.ts'
import { hikeshi } from './cli-process.ts'

describe('recordings of an incident', function () {
  this.timeout(300_000)
  let here: World
  let desk: Desk
  before(async () => {
    here = await world()
    desk = await openDesk(here)
  })

  const run = (argv: readonly string[], env: Readonly<Record<string, string | undefined>>) =>
    hikeshi(argv, { env: { ...here.lab.env, PATH: process.env.PATH, ...env } })

  type Bundled = { readonly manifest: { readonly missing: readonly { readonly en: string }[] } }

  /** Its folder, and what its manifest says is missing of recordings. */
  async function bundled(
    incident: string,
    output: string,
    env: Readonly<Record<string, string | undefined>>,
    ...more: readonly string[]
  ): Promise<readonly string[]> {
    const ran = await run(['evidence', incident, '--output', output, '-o', 'json', ...more], env)
    assert.equal(ran.exit, 0, ran.err)
    const { manifest } = JSON.parse(ran.out) as Bundled
    return manifest.missing.map(({ en }) => en).filter((says) => says.includes('recordings/'))
  }

  async function problemsOf(bundle: string): Promise<readonly string[]> {
    const { out } = await hikeshi(['evidence', 'verify', bundle, '-o', 'json'])
    const { problems } = JSON.parse(out) as {
      problems: readonly { readonly what: string; readonly path?: string }[]
    }
    return problems.map(({ what, path }) => `${what} ${path ?? ''}`)
  }

  it('go into its bundle, from the archive and from another machine, and are held against their notes', () =>
    scratch(async (dir) => {
      const { incident } = await desk.declare({ severity: 'LOW' })
      const archive = join(dir, 'archive')
      await mkdir(archive)
      const home = { HIKESHI_ARCHIVE: archive, HOME: join(dir, 'home') }
      const laptop = { HIKESHI_ARCHIVE: undefined, HOME: join(dir, 'laptop') }
      const own = await run(['record', incident, '-o', 'json', '--', 'echo', 'in the archive'], home)
      const hers = await run(['record', incident, '-o', 'json', '--', 'echo', 'on her laptop'], laptop)
      const [first, second] = [own, hers].map(({ exit, out, err }) => {
        assert.equal(exit, 0, err)
        return JSON.parse(out) as { readonly file: string; readonly sha256: string }
      })
      assert.ok(first !== undefined && second !== undefined)
      assert.ok(first.file.startsWith(join(archive, incident, 'recordings')), first.file)
      assert.ok(second.file.startsWith(join(dir, 'laptop', '.local', 'share', 'hikeshi')), second.file)
      const notes = ofType(await timeline(here.client, incident), 'noted').map(({ data }) => data.text)
      assert.deepEqual(
        notes.map((text) => text.split('\n')[0]),
        ["recorded: echo 'in the archive'", "recorded: echo 'on her laptop'"],
      )

      const name = ({ file }: { readonly file: string }) => `recordings/${file.split('/').at(-1)}`
      const [lacking = '', ...others] = await bundled(incident, join(dir, 'without'), home)
      assert.deepEqual(others, [])
      assert.ok(lacking.startsWith(`${name(second)}, which the timeline tells of`), lacking)
      const bundle = join(dir, 'bundle')
      assert.deepEqual(await bundled(incident, bundle, home, '--with', join(second.file, '..')), [])
      assert.deepEqual(await problemsOf(bundle), [])
      for (const one of [first, second]) {
        const bytes = await readFile(join(bundle, name(one)))
        assert.equal(createHash('sha256').update(bytes).digest('hex'), one.sha256)
      }

      // Also whoever writes another manifest cannot put another recording in its place.
      const file = join(bundle, name(first))
      await appendFile(file, '2026-11-30T18:00:00.000Z out what was never printed\n')
      assert.deepEqual(await problemsOf(bundle), [`changed ${name(first)}`])
      const bytes = await readFile(file)
      const manifest = JSON.parse(await readFile(join(bundle, 'MANIFEST.json'), 'utf8'))
      const listed = manifest.files.find(({ path }: { path: string }) => path === name(first))
      listed.sha256 = createHash('sha256').update(bytes).digest('hex')
      listed.bytes = bytes.length
      await writeFile(join(bundle, 'MANIFEST.json'), JSON.stringify(manifest))
      assert.deepEqual(await problemsOf(bundle), [`recording ${name(first)}`])
    }))

  it('of another incident with the same number stay out, and one that was cut off is told of', () =>
    scratch(async (dir) => {
      const { incident } = await desk.declare({ severity: 'LOW', fresh: true, by: aoki })
      const env = { HIKESHI_ARCHIVE: join(dir, 'archive'), HOME: join(dir, 'home') }
      await mkdir(env.HIKESHI_ARCHIVE)
      const ran = await run(['record', incident, '-o', 'json', '--', 'echo', 'once'], env)
      const { file } = JSON.parse(ran.out) as { readonly file: string }
      const text = await readFile(file, 'utf8')
      const folder = join(file, '..')
      const cut = join(folder, '20261130T090000Z-00000001.log')
      await writeFile(cut, `${text.split('\n').slice(0, 2).join('\n')}\n`)
      const other = join(dir, '20261130T090000Z-00000002.log')
      await writeFile(other, text.replace(/"declaredAt":"[^"]+"/, '"declaredAt":"2020-01-01T00:00:00.000Z"'))
      await writeFile(join(folder, '20261130T090000Z-00000003.log'), await readFile(other))
      const says = await bundled(incident, join(dir, 'bundle'), env)
      assert.deepEqual(says.length, 1, says.join('\n'))
      assert.match(says[0] ?? '', /^a note of recordings\/20261130T090000Z-00000001\.log/)
      const named = await run(
        ['evidence', incident, '--output', join(dir, 'more'), '--with', other, '-o', 'json'],
        env,
      )
      // Where the machine is slow a line before it says that a worker is awaited.
      assert.equal(named.exit, 2)
      assert.match(named.err, /"name":"bad-input"/)
    }))
})
