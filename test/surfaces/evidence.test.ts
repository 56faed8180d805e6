/** Bundles of evidence made from an archive, with no server at all. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  appendFile,
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join, relative } from 'node:path'
import { filePieces, textPiece } from '../../client/evidence/piece.ts'
import { folderPlace } from '../../client/evidence/place.ts'
import { verifyBundle } from '../../client/evidence/verify-bundle.ts'
import { writeBundle } from '../../client/evidence/write-bundle.ts'
import { logsIn, openLog } from '../../edge/log-segments.ts'
import type { Refused } from '../../edge/refused.ts'
import { archiveFolder } from '../../wire/archive.ts'
import { stored, storedIncidents } from '../replay/histories.ts'
import { scratch } from '../scenarios/world.ts'
import { putRuns } from './archived.ts'
import { hikeshi } from './cli-process.ts'

const kept = storedIncidents().find(({ play }) => play === 'many-notes') ?? assert.fail('no history is kept')
const { incident, events } = kept
const [first = ''] = await logsIn(join(stored, kept.version, kept.play, 'logs'))
const log = `logs/${first}.log`

/** The archive that the incident's worker would have left. */
async function archiveIn(dir: string): Promise<string> {
  const archive = join(dir, 'archive')
  const folder = archiveFolder(archive, incident)
  if (existsSync(folder)) return folder
  await putRuns(folder, kept)
  await cp(join(stored, kept.version, kept.play, 'logs'), join(folder, 'logs'), { recursive: true })
  return folder
}

async function bundleIn(dir: string, ...more: readonly string[]): Promise<string> {
  const output = join(dir, 'bundle')
  const ran = await hikeshi(['evidence', await archiveIn(dir), '--output', output, '-o', 'json', ...more])
  assert.equal(ran.exit, 0, ran.err)
  return output
}

function keyPair(dir: string, name: string): { readonly privateKey: string; readonly publicKey: string } {
  const [privateKey, publicKey] = [join(dir, `${name}.key`), join(dir, `${name}.pub`)]
  execFileSync('sh', ['-c', 'umask 077; openssl genpkey -algorithm ed25519 -out "$1"', 'sh', privateKey])
  execFileSync('openssl', ['pkey', '-in', privateKey, '-pubout', '-out', publicKey])
  return { privateKey, publicKey }
}

type Answer = {
  readonly verdict: string
  readonly problems: readonly { readonly what: string; readonly path?: string }[]
  readonly signed: { readonly by: string; readonly known: boolean } | null
}

async function verified(
  folder: string,
  ...more: readonly string[]
): Promise<Answer & { readonly exit: number; readonly named: readonly string[] }> {
  const ran = await hikeshi(['evidence', 'verify', folder, '-o', 'json', '--unsigned', ...more])
  assert.equal(ran.err, '')
  const answer = JSON.parse(ran.out) as Answer
  const named = answer.problems.map(({ what, path }) => (path === undefined ? what : `${what} ${path}`))
  return { ...answer, exit: ran.exit, named }
}

function written(events: readonly unknown[]): string {
  return `${JSON.stringify(events, null, 1)}\n`
}

/** A file with another content, or none, and a manifest that agrees with it. */
async function rewritten(bundle: string, path: string, content: string | undefined): Promise<void> {
  const file = join(bundle, 'MANIFEST.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  manifest.files = manifest.files.filter((each: { path: string }) => each.path !== path)
  if (content === undefined) await rm(join(bundle, path))
  else {
    await writeFile(join(bundle, path), content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    manifest.files.push({ path, bytes: Buffer.byteLength(content), sha256 })
  }
  await writeFile(file, JSON.stringify(manifest))
}

describe('a bundle of evidence', function () {
  this.timeout(120_000)

  it('holds runs, timeline, reports, steps and logs, and says what is missing', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      const files = (await readdir(bundle, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name).slice(bundle.length + 1))
      for (const file of [
        'MANIFEST.json',
        'runs/run-0001.history.json',
        'runs/run-0001.events.json',
        'timeline.json',
        'report.ja.txt',
        'report.en.txt',
        'situation.json',
        log,
      ])
        assert.ok(files.includes(file), `${file} is not among ${files.join(', ')}`)
      const manifest = JSON.parse(await readFile(join(bundle, 'MANIFEST.json'), 'utf8'))
      assert.deepEqual([manifest.of, manifest.masked], [incident, 0])
      assert.equal(manifest.files.length, files.length - 1)
      const { sha256 } = manifest.files.find(({ path }: { path: string }) => path === 'timeline.json')
      const timeline = await readFile(join(bundle, 'timeline.json'))
      assert.equal(createHash('sha256').update(timeline).digest('hex'), sha256)
      assert.deepEqual(JSON.parse(timeline.toString()).slice(0, 3), events.slice(0, 3))
      assert.deepEqual((await readdir(dir)).toSorted(), ['archive', 'bundle'])
    }))

  it('has what the workers collected when the incident was closed, curves also as pictures', () =>
    scratch(async (dir) => {
      const own = join(await archiveIn(dir), 'collected', 'close')
      for (const folder of ['cluster', 'metrics', 'databases'])
        await mkdir(join(own, folder), { recursive: true })
      const missing = [{ en: 'database.lag: ECONNREFUSED', ja: 'database.lag: ECONNREFUSED' }]
      await writeFile(join(own, 'collected.json'), JSON.stringify({ files: 3, bytes: 1, masked: 0, missing }))
      await writeFile(join(own, 'cluster', 'pods.jsonl'), '{"kind":"Pod"}\n')
      await writeFile(join(own, 'databases', 'redis.memory.json'), '{"facts":{}}\n')
      const at = Date.parse('2026-11-30T09:00:00Z')
      const points = [0, 15_000, 30_000, 120_000, 135_000].map((ms, i) => [at + ms, i === 2 ? null : i])
      const curve = {
        connection: 'prometheus',
        query: 'rate(errors[5m])',
        from: '2026-11-30T09:00:00.000Z',
        to: '2026-11-30T10:00:00.000Z',
        everyMs: 15_000,
        series: [{ name: '{pod="<b>"}', points }],
        more: 0,
      }
      await writeFile(join(own, 'metrics', 'backend.error-rate.json'), JSON.stringify(curve))
      await writeFile(join(own, 'metrics', 'not-a-curve.json'), '{"half":')
      const bundle = await bundleIn(dir)
      for (const file of ['cluster/pods.jsonl', 'databases/redis.memory.json', 'metrics/not-a-curve.json'])
        assert.ok(existsSync(join(bundle, file)), file)
      assert.ok(!existsSync(join(bundle, 'metrics/not-a-curve.svg')))
      const svg = await readFile(join(bundle, 'metrics/backend.error-rate.svg'), 'utf8')
      assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /)
      // Nobody knows what was between the second and the fourth value.
      assert.equal(svg.match(/<polyline /g)?.length, 2)
      assert.match(svg, /&lt;b&gt;/)
      assert.doesNotMatch(svg, /<b>|href/)
      const { missing: said } = JSON.parse(await readFile(join(bundle, 'MANIFEST.json'), 'utf8'))
      assert.ok(
        said.some(({ en }: { en: string }) => en.endsWith('database.lag: ECONNREFUSED')),
        JSON.stringify(said),
      )
      assert.deepEqual((await verified(bundle)).named, [])
    }))

  it('is re-executed with no server, to its end', () =>
    scratch(async (dir) => {
      const ran = await hikeshi(['replay', await bundleIn(dir), '-o', 'json'])
      const { verdict, ends, incident: of, events: count } = JSON.parse(ran.out)
      assert.deepEqual([ran.exit, verdict, of, count], [0, 'identical', incident, events.length])
      assert.deepEqual(ends, { how: 'closed', seq: events.length })
    }))

  it('proves itself to whoever holds the key of its signer', () =>
    scratch(async (dir) => {
      const mori = keyPair(dir, 'mori')
      const other = keyPair(dir, 'other')
      const bundle = await bundleIn(dir, '--key', mori.privateKey, '--as', 'mori')
      const own = await verified(bundle, '--key', mori.publicKey)
      assert.deepEqual(
        [own.exit, own.verdict, own.named, own.signed?.by, own.signed?.known],
        [0, 'whole', [], 'mori', true],
      )
      const unknown = await verified(bundle)
      assert.deepEqual([unknown.exit, unknown.verdict, unknown.signed?.known], [0, 'unknown-signer', false])
      // Whoever changed it could have signed it anew, with a key of their own.
      const strict = await hikeshi(['evidence', 'verify', bundle, '-o', 'json'])
      assert.deepEqual([strict.exit, JSON.parse(strict.err).error.code], [1, 'HK451'])
      const wrong = await verified(bundle, '--key', other.publicKey)
      assert.deepEqual([wrong.exit, wrong.named], [1, ['signature']])
      const said = await hikeshi(['evidence', 'verify', bundle, '--key', mori.publicKey])
      assert.match(said.out, /does not hold that private key/)
    }))

  it('proves nothing where nobody signed it, and is taken so only by who says that', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      const plain = await hikeshi(['evidence', 'verify', bundle, '-o', 'json'])
      const { verdict, problems } = JSON.parse(plain.out) as Answer
      assert.deepEqual([plain.exit, verdict, problems], [1, 'unsigned', []])
      assert.deepEqual(
        [JSON.parse(plain.err).error.name, JSON.parse(plain.err).error.code],
        ['evidence-unsigned', 'HK451'],
      )
      const accepted = await verified(bundle)
      assert.deepEqual([accepted.exit, accepted.verdict, accepted.signed], [0, 'unsigned', null])
      await appendFile(join(bundle, log), 'more\n')
      assert.deepEqual((await verified(bundle)).exit, 1)
    }))

  it('names what was changed, cut off, taken away, added, and what is no file', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      assert.deepEqual((await verified(bundle)).named, [])
      const changed = async (name: string, change: (folder: string) => Promise<unknown>) => {
        const copy = join(dir, name)
        await cp(bundle, copy, { recursive: true })
        await change(copy)
        const { exit, named } = await verified(copy)
        assert.equal(exit, 1)
        return named
      }
      assert.deepEqual(
        await changed('one-byte', async (folder) => {
          const file = join(folder, log)
          await writeFile(file, (await readFile(file, 'utf8')).replace('INFO', 'info'))
        }),
        [`changed ${log}`],
      )
      assert.deepEqual(await changed('longer', (folder) => appendFile(join(folder, log), 'more\n')), [
        `changed ${log}`,
      ])
      assert.deepEqual(await changed('cut', (folder) => truncate(join(folder, log), 40)), [`cut ${log}`])
      assert.deepEqual(await changed('missing', (folder) => rm(join(folder, 'report.ja.txt'))), [
        'missing report.ja.txt',
      ])
      assert.deepEqual(await changed('added', (folder) => writeFile(join(folder, 'runs/more.json'), '')), [
        'added runs/more.json',
      ])
      assert.deepEqual(
        await changed('a-link', async (folder) => {
          await copyFile(join(folder, log), join(dir, 'elsewhere'))
          await rm(join(folder, log))
          await symlink(join(dir, 'elsewhere'), join(folder, log))
        }),
        [`changed ${log}`],
      )
    }))

  it('does not believe a manifest that was written anew, nor a signature that was taken over', () =>
    scratch(async (dir) => {
      const mori = keyPair(dir, 'mori')
      const bundle = await bundleIn(dir, '--key', mori.privateKey)
      const file = join(bundle, 'MANIFEST.json')
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace('"masked": 0', '"masked": 1'))
      assert.deepEqual((await verified(bundle)).named, ['signature'])
      await rm(join(bundle, 'MANIFEST.json.sig'))
      assert.deepEqual((await verified(bundle)).named, [])
      assert.deepEqual((await verified(bundle, '--key', mori.publicKey)).named, ['signature'])
    }))

  it('does not take a timeline for its own that ends elsewhere, though the manifest agrees with it', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      const timeline = JSON.parse(await readFile(join(bundle, 'timeline.json'), 'utf8'))
      await rewritten(bundle, 'timeline.json', written(timeline.slice(0, -1)))
      assert.deepEqual((await verified(bundle)).named, ['timeline'])
    }))

  it('does not take for a timeline what its chain does not hold to the last word', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      const text = await readFile(join(bundle, 'timeline.json'), 'utf8')
      const timeline: { readonly data: unknown }[] = JSON.parse(text)
      const last = timeline.at(-1)
      const forged: readonly (readonly [name: string, timeline: string | undefined])[] = [
        ['of-its-head-alone', written([{ ...last, data: { text: 'nothing happened' } }])],
        ['with-a-member-more', written([...timeline.slice(0, -1), { ...last, says: 'nothing happened' }])],
        ['with-a-member-twice', text.replace('"data": ', '"data": "nothing happened",\n  "data": ')],
        ['not-quite-json', text.replace(/\n\]\n$/, ',\n]\n')],
        ['without', undefined],
      ]
      for (const [name, content] of forged) {
        const copy = join(dir, name)
        await cp(bundle, copy, { recursive: true })
        await rewritten(copy, 'timeline.json', content)
        assert.deepEqual([name, (await verified(copy)).named], [name, ['timeline']])
      }
      // Nor does it help to say of no head.
      await rewritten(bundle, 'timeline.json', written([{ ...last, seq: 1 }]))
      const { head: _, ...headless } = JSON.parse(await readFile(join(bundle, 'MANIFEST.json'), 'utf8'))
      await writeFile(join(bundle, 'MANIFEST.json'), JSON.stringify(headless))
      assert.deepEqual((await verified(bundle)).named, ['timeline'])
    }))

  it('reads nothing through a link, and waits for no pipe', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      for (const [path, name] of [
        ['MANIFEST.json', 'bad-input'],
        ['timeline.json', undefined],
      ] as const)
        for (const put of [
          (file: string) => symlink('/dev/zero', file),
          async (file: string) => void execFileSync('mkfifo', [file]),
        ]) {
          const copy = join(dir, 'copy')
          await cp(bundle, copy, { recursive: true })
          await rm(join(copy, path))
          await put(join(copy, path))
          const ran = await hikeshi(['evidence', 'verify', copy, '-o', 'json', '--unsigned'])
          if (name === undefined) assert.equal(JSON.parse(ran.out).verdict, 'changed')
          else assert.equal(JSON.parse(ran.err).error.name, name)
          await rm(copy, { recursive: true })
        }
    }))

  it('does not take one log under the names of two for both', () =>
    scratch(async (dir) => {
      const folder = await archiveIn(dir)
      const bundle = await bundleIn(dir)
      const file = join(bundle, 'MANIFEST.json')
      const manifest = JSON.parse(await readFile(file, 'utf8'))
      const isLog = ({ path }: { path: string }) => path.startsWith('logs/')
      const [one, other] = manifest.files.filter(isLog)
      assert.ok(other !== undefined, `${folder} holds a single log`)
      const path = `${one.path} ${one.sha256}\n${other.path}`
      await mkdir(join(bundle, path, '..'), { recursive: true })
      await rename(join(bundle, other.path), join(bundle, path))
      await rm(join(bundle, one.path))
      manifest.files = manifest.files.filter((each: { path: string }) => each !== one && each !== other)
      manifest.files.push({ ...other, path })
      await writeFile(file, JSON.stringify(manifest))
      const ran = await hikeshi(['evidence', 'verify', bundle, '-o', 'json', '--unsigned'])
      assert.deepEqual([ran.exit, JSON.parse(ran.err).error.name], [2, 'bad-input'])
    }))

  it('is verified from within, too', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      assert.deepEqual((await verifyBundle(folderPlace(relative(process.cwd(), bundle)))).problems, [])
      const before = process.cwd()
      process.chdir(bundle)
      try {
        assert.deepEqual((await verifyBundle(folderPlace('.'))).problems, [])
      } finally {
        process.chdir(before)
      }
    }))

  it('makes no file outside of itself, whatever a story calls its steps and a bundle itself', () =>
    scratch(async (dir) => {
      const says = { of: incident, madeAt: '2026-11-30T00:00:00.000Z', by: 'mori', missing: [] }
      const output = join(dir, 'a', 'bundle')
      await mkdir(join(dir, 'a'))
      for (const path of ['steps/../../planted.json', '/planted.json', 'steps//x', 'a\nb', 'twice'])
        await assert.rejects(
          writeBundle({ output, says, pieces: [textPiece('twice', ''), textPiece(path, 'planted')] }),
          (error: Refused) => error.failure.name === 'bad-input',
        )
      assert.deepEqual((await readdir(dir, { recursive: true })).toSorted(), ['a'])
      const bundle = await bundleIn(dir)
      const file = join(bundle, 'MANIFEST.json')
      await writeFile(
        file,
        (await readFile(file, 'utf8')).replace(`"of": "${incident}"`, '"of": "../planted"'),
      )
      const ran = await hikeshi(['evidence', bundle, '--output', join(dir, 'a/'), '-o', 'json'])
      assert.deepEqual([ran.exit, JSON.parse(ran.err).error.name], [3, 'unknown-incident'])
      assert.ok(!existsSync(join(dir, 'planted')))
    }))

  it('does not take other logs for those of its timeline, though the manifest agrees with them', () =>
    scratch(async (dir) => {
      const folder = await archiveIn(dir)
      const other = await openLog(join(folder, 'logs', first), '9999-0001')
      await other.write('2026-11-30T09:30:02.000000000Z a line that never was\n')
      await other.close()
      const bundle = await bundleIn(dir)
      assert.deepEqual((await verified(bundle)).named, ['logs'])
    }))

  it('refuses a manifest that leads out of the bundle', () =>
    scratch(async (dir) => {
      const bundle = await bundleIn(dir)
      const manifest = JSON.parse(await readFile(join(bundle, 'MANIFEST.json'), 'utf8'))
      manifest.files[0].path = '../outside'
      await writeFile(join(bundle, 'MANIFEST.json'), JSON.stringify(manifest))
      const ran = await hikeshi(['evidence', 'verify', bundle, '-o', 'json'])
      assert.deepEqual([ran.exit, JSON.parse(ran.err).error.name], [2, 'bad-input'])
    }))

  it('is never written over what is there, and continues what was interrupted', () =>
    scratch(async (dir) => {
      const folder = await archiveIn(dir)
      const output = join(dir, 'bundle')
      await mkdir(output)
      const refused = await hikeshi(['evidence', folder, '--output', output, '-o', 'json'])
      assert.deepEqual([refused.exit, JSON.parse(refused.err).error.name], [2, 'bad-input'])
      assert.deepEqual(await readdir(output), [])
      await rm(output, { recursive: true })
      const unfinished = join(dir, '.bundle.unfinished')
      await mkdir(unfinished, { mode: 0o700 })
      await mkdir(join(unfinished, log, '..'), { recursive: true })
      await writeFile(join(unfinished, `${log}.part`), 'half a li')
      await writeFile(join(unfinished, 'timeline.json'), 'of an earlier try')
      await writeFile(join(unfinished, 'of-an-earlier-try.json'), '{}')
      const ran = await hikeshi(['evidence', folder, '--output', output])
      assert.equal(ran.exit, 0, ran.err)
      assert.deepEqual((await verified(output)).named, [])
      assert.deepEqual((await readdir(dir)).toSorted(), ['archive', 'bundle'])
    }))

  it('continues nothing that somebody else could have laid there', () =>
    scratch(async (dir) => {
      const folder = await archiveIn(dir)
      const [output, other] = [join(dir, 'bundle'), join(dir, 'other')]
      const unfinished = join(dir, '.bundle.unfinished')
      await mkdir(other, { mode: 0o700 })
      for (const lay of [
        async () => {
          await mkdir(unfinished)
          await chmod(unfinished, 0o777)
        },
        () => symlink(other, unfinished),
        () => writeFile(unfinished, '', { mode: 0o700 }),
      ]) {
        await lay()
        const ran = await hikeshi(['evidence', folder, '--output', output, '-o', 'json'])
        assert.deepEqual([ran.exit, JSON.parse(ran.err).error.name], [2, 'bad-input'])
        assert.ok(!existsSync(output))
        await rm(unfinished, { recursive: true })
      }
      assert.deepEqual(await readdir(other), [])
    }))

  it('makes files of the cluster anew, whatever an earlier try has left', () =>
    scratch(async (dir) => {
      const [output, unfinished] = [join(dir, 'bundle'), join(dir, '.bundle.unfinished', 'cluster')]
      await mkdir(join(dir, 'collected'))
      await writeFile(join(dir, 'collected', 'pods.jsonl'), 'of the cluster')
      await mkdir(join(dir, '.bundle.unfinished'), { mode: 0o700 })
      await mkdir(unfinished)
      await writeFile(join(unfinished, 'pods.jsonl'), 'of an earlier try')
      const pieces = await filePieces(join(dir, 'collected'), 'cluster')
      const says = { of: incident, madeAt: '2026-11-30T00:00:00.000Z', by: 'mori', missing: [] }
      await writeBundle({ output, pieces, says })
      assert.equal(await readFile(join(output, 'cluster', 'pods.jsonl'), 'utf8'), 'of the cluster')
    }))

  it('goes into a folder of bundles where that ends with a slash', () =>
    scratch(async (dir) => {
      const ran = await hikeshi(['evidence', await archiveIn(dir), `--output=${dir}/bundles/`])
      assert.equal(ran.exit, 0, ran.err)
      assert.deepEqual((await verified(join(dir, 'bundles', incident))).named, [])
    }))

  it('asks for a folder, and for one that is a bundle', async () => {
    const without = await hikeshi(['evidence', 'shodo-1', '-o', 'json'])
    assert.deepEqual([without.exit, JSON.parse(without.err).error.name], [2, 'bad-input'])
    const nothing = await hikeshi(['evidence', 'verify', '/nowhere/at-all', '-o', 'json'])
    assert.deepEqual([nothing.exit, JSON.parse(nothing.err).error.name], [2, 'bad-input'])
  })
})
