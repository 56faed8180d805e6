/** Bundles of evidence in a bucket of a real S3, with no other server. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { openLog } from '../../edge/log-segments.ts'
import { openPipe, type Pipe } from '../faults/pipe.ts'
import { describeUnless } from '../lab/skip.ts'
import { stored, storedIncidents } from '../replay/histories.ts'
import { putRuns } from './archived.ts'
import { hikeshi, type Ran } from './cli-process.ts'
import { type Gateway, noGateway, startGateway } from './gateway.ts'
import { ended, run, start } from './program.ts'
import { buildReleased, released } from './released-program.ts'

const kept = storedIncidents().find(({ play }) => play === 'many-notes') ?? assert.fail('no history is kept')
const dayMs = 86_400_000

describeUnless(noGateway, 'a bundle of evidence in a bucket', function () {
  this.timeout(180_000)
  let dir: string
  let gateway: Gateway
  let pipe: Pipe
  /** Of the pipe; what is asked of the bucket passes through it. */
  let env: Readonly<Record<string, string>>
  let archive: string
  let privateKey: string
  let publicKey: string
  let asked: string[] = []

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-bucket-'))
    gateway = await startGateway(dir)
    pipe = await openPipe(gateway.port)
    env = {
      ...gateway.envAt(pipe.port),
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    }
    await gateway.makeBucket('evidence')
    await gateway.makeBucket('plain', false)
    archive = join(dir, 'archive', kept.incident)
    await putArchive(archive)
    await putLog(archive, 'large', 20e6)
    for (let nth = 0; nth < 3; nth++) await putLog(archive, `small-${nth}`, 20_000)
    privateKey = join(dir, 'mori.key')
    publicKey = join(dir, 'mori.pub')
    execFileSync('sh', ['-c', 'umask 077; openssl genpkey -algorithm ed25519 -out "$1"', 'sh', privateKey])
    execFileSync('openssl', ['pkey', '-in', privateKey, '-pubout', '-out', publicKey])
  })
  beforeEach(() => {
    asked = []
    pipe.on({ asked: async (text) => void asked.push(...requestsIn(text)) })
  })
  after(async () => {
    await pipe?.close()
    await gateway?.stop()
    await rm(dir, { recursive: true, force: true })
  })

  /** In this process, whose environment is what the SDK reads. */
  async function call(argv: readonly string[], given = env): Promise<Ran> {
    const before = { ...process.env }
    Object.assign(process.env, given)
    for (const name of Object.keys(env)) if (!(name in given)) delete process.env[name]
    try {
      return await hikeshi(argv)
    } finally {
      for (const name of Object.keys({ ...env, ...given })) delete process.env[name]
      Object.assign(process.env, before)
    }
  }

  function write(prefix: string, ...more: readonly string[]): Promise<Ran> {
    return call(writing(prefix, ...more))
  }

  function writing(prefix: string, ...more: readonly string[]): readonly string[] {
    return [
      'evidence',
      archive,
      '--output',
      `s3://evidence/${prefix}`,
      '--key',
      privateKey,
      '-o',
      'json',
      ...more,
    ]
  }

  async function written(prefix: string, ...more: readonly string[]): Promise<Ran> {
    const done = await write(prefix, ...more)
    assert.equal(done.exit, 0, done.err)
    return done
  }

  async function verified(
    prefix: string,
  ): Promise<{ readonly exit: number; readonly named: readonly string[] }> {
    const { exit, out, err } = await call([
      'evidence',
      'verify',
      `s3://evidence/${prefix}`,
      '--key',
      publicKey,
      '-o',
      'json',
    ])
    assert.equal(err, '')
    const { problems } = JSON.parse(out) as { problems: { what: string; path?: string }[] }
    return { exit, named: problems.map(({ what, path }) => [what, path].filter(Boolean).join(' ')) }
  }

  it('is the bundle that a folder would hold, its manifest last, each object with the SHA-256 that the bucket checked', async () => {
    await written('whole')
    const puts = asked.filter((request) => request.startsWith('PUT ')).map((request) => request.split('?')[0])
    assert.deepEqual(puts.slice(-2), [
      'PUT /evidence/whole/MANIFEST.json.sig',
      'PUT /evidence/whole/MANIFEST.json',
    ])
    const folder = join(dir, 'folder')
    const local = await call(['evidence', archive, '--output', folder, '--key', privateKey])
    assert.equal(local.exit, 0, local.err)
    const paths = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    assert.deepEqual((await gateway.list('evidence', 'whole/')).toSorted(), paths.toSorted())
    const timeline = await readFile(join(folder, 'timeline.json'))
    const { ChecksumSHA256 } = await gateway.head('evidence', 'whole/timeline.json')
    assert.equal(ChecksumSHA256, createHash('sha256').update(timeline).digest('base64'))
    const large = await gateway.head('evidence', `whole/${largeLog}`)
    assert.match(large.ChecksumSHA256 ?? '', /-4$/)
    assert.equal(
      createHash('sha256')
        .update(await gateway.get('evidence', `whole/${largeLog}`))
        .digest('hex'),
      createHash('sha256')
        .update(await readFile(join(folder, largeLog)))
        .digest('hex'),
    )
    assert.deepEqual(await verified('whole'), { exit: 0, named: [] })
  })

  it('is re-executed where it lies, with the verdict of a folder, and nothing but its runs is read', async () => {
    await written('replayed')
    const folder = join(dir, 'replayed')
    assert.equal((await call(['evidence', archive, '--output', folder])).exit, 0)
    asked = []
    const replayed = await call(['replay', 's3://evidence/replayed', '-o', 'json'])
    assert.equal(replayed.exit, 0, replayed.err)
    assert.deepEqual(JSON.parse(replayed.out), JSON.parse((await call(['replay', folder, '-o', 'json'])).out))
    const read = asked.flatMap((request) => /^GET \/evidence\/replayed\/([^?]+)/.exec(request)?.[1] ?? [])
    assert.deepEqual(
      read.filter((path) => path !== 'MANIFEST.json' && !path.startsWith('runs/')),
      [],
    )
    const nothing = await call(['replay', 's3://evidence/nothing', '-o', 'json'])
    assert.deepEqual([nothing.exit, JSON.parse(nothing.err).error.code], [2, 'HK101'])
  })

  it('gets a name of its own in a prefix that ends with a slash', async () => {
    const { folder } = JSON.parse((await written('team/')).out)
    assert.equal(folder, `s3://evidence/team/${kept.incident}`)
    assert.ok((await gateway.list('evidence', `team/${kept.incident}/`)).includes('MANIFEST.json'))
  })

  it('is checked with the words of a folder: what was changed, cut off, taken away, added, and who did not sign', async () => {
    await written('checked')
    const timeline = await gateway.get('evidence', 'checked/timeline.json')
    await gateway.put('evidence', 'checked/timeline.json', timeline.replace('declared', 'Declared'))
    const report = await gateway.get('evidence', 'checked/report.en.txt')
    await gateway.put('evidence', 'checked/report.en.txt', report.slice(0, -10))
    await gateway.remove('evidence', 'checked/report.ja.txt')
    await gateway.put('evidence', 'checked/logs/more.log', 'more')
    const { exit, named } = await verified('checked')
    assert.equal(exit, 1)
    assert.deepEqual(named.filter((problem) => problem !== 'timeline').toSorted(), [
      'added logs/more.log',
      'changed timeline.json',
      'cut report.en.txt',
      'missing report.ja.txt',
    ])
    await gateway.remove('evidence', 'checked/MANIFEST.json.sig')
    assert.ok((await verified('checked')).named.includes('signature'))
  })

  it('is never written over another, nor beside what is of somebody else', async () => {
    await written('taken')
    const before = await gateway.get('evidence', 'taken/MANIFEST.json')
    const again = await write('taken')
    assert.equal(again.exit, 2)
    assert.match(JSON.parse(again.err).error.what, /s3:\/\/evidence\/taken\/MANIFEST\.json is there/)
    assert.equal(await gateway.get('evidence', 'taken/MANIFEST.json'), before)
    await gateway.put('evidence', 'theirs/notes.txt', 'theirs')
    const beside = await write('theirs')
    assert.equal(beside.exit, 2)
    assert.match(JSON.parse(beside.err).error.what, /s3:\/\/evidence\/theirs\/notes\.txt is there/)
    assert.deepEqual(await gateway.list('evidence', 'theirs/'), ['notes.txt'])
    await gateway.put('evidence', 'other/timeline.json', 'theirs')
    const over = await write('other')
    assert.equal(over.exit, 2)
    assert.match(JSON.parse(over.err).error.what, /s3:\/\/evidence\/other\/timeline\.json is there/)
    assert.equal(await gateway.get('evidence', 'other/timeline.json'), 'theirs')
  })

  for (const [what, path] of [
    ['in one part', 'timeline.json'],
    ['in several', () => largeLog],
  ] as const)
    it(`is not written over what came while it was written (${what})`, async () => {
      const own = typeof path === 'string' ? path : path()
      const name = what.replaceAll(' ', '-')
      pipe.on({
        asked: async (text) => {
          const [request = ''] = requestsIn(text)
          const isLast =
            /^PUT [^?]*$/.test(request.replace('?x-id=PutObject', '')) || request.startsWith('POST')
          if (isLast && request.includes(own) && !request.includes('uploads'))
            await gateway.put('evidence', `${name}/${own}`, 'theirs')
        },
      })
      const { exit, err } = await write(name)
      assert.equal(exit, 2, err)
      assert.ok(JSON.parse(err).error.what.includes(`s3://evidence/${name}/${own} is there`), err)
      assert.equal(await gateway.get('evidence', `${name}/${own}`), 'theirs')
      assert.ok(!(await gateway.list('evidence', `${name}/`)).includes('MANIFEST.json'))
    })

  /** Kills a try before the request that `sign` matches reaches the bucket. */
  async function killedAt(sign: RegExp, prefix: string): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      pipe.on({
        asked: async (text) => {
          if (!requestsIn(text).some((request) => sign.test(request))) return
          resolve()
          await new Promise(() => {})
        },
      })
    })
    const child = start(writing(prefix), { env })
    const end = ended(child)
    const early = once(child, 'exit').then(() => assert.fail('it ended before it came so far'))
    await Promise.race([reached, early])
    child.kill('SIGKILL')
    early.catch(() => undefined)
    await end
  }

  it('is continued after a kill in the middle of a large log: what is there stays, and nothing unfinished is left', async () => {
    await killedAt(/^PUT .*partNumber=2/, 'killed')
    const left = await gateway.list('evidence', 'killed/')
    assert.ok(!left.includes('MANIFEST.json') && !left.includes(largeLog), left.join())
    // A small log went up beside the large one.
    await gateway.head('evidence', `killed/${smallLog}`).then(({ LastModified }) => assert.ok(LastModified))
    assert.equal((await unfinished('killed/')).length, 1)
    const half = await call(['evidence', 'verify', 's3://evidence/killed', '-o', 'json'])
    assert.deepEqual([half.exit, JSON.parse(half.err).error.name], [2, 'bad-input'])
    asked = []
    pipe.on({ asked: async (text) => void asked.push(...requestsIn(text)) })
    await written('killed')
    const puts = asked.filter((request) => request.startsWith('PUT '))
    for (const path of left) assert.ok(!puts.some((request) => request.includes(`/${path}`)), path)
    assert.ok(puts.some((request) => request.includes(largeLog)))
    assert.deepEqual(await unfinished('killed/'), [])
    assert.deepEqual(await verified('killed'), { exit: 0, named: [] })
  })

  it('is continued after a kill between its signature and its manifest, with the same signature', async () => {
    await killedAt(/^PUT \/evidence\/late\/MANIFEST\.json\?/, 'late')
    const signature = await gateway.get('evidence', 'late/MANIFEST.json.sig')
    pipe.on(undefined)
    await written('late', '--lock-days', '1')
    assert.equal(await gateway.get('evidence', 'late/MANIFEST.json.sig'), signature)
    assert.deepEqual(await verified('late'), { exit: 0, named: [] })
    // What the first try had put without a lock is held as long as the rest.
    for (const path of await gateway.list('evidence', 'late/')) {
      const { ObjectLockMode, ObjectLockRetainUntilDate } = await gateway.head('evidence', `late/${path}`)
      assert.equal(ObjectLockMode, 'COMPLIANCE', path)
      assert.ok((ObjectLockRetainUntilDate?.getTime() ?? 0) > Date.now() + dayMs / 2, path)
    }
  })

  for (const mode of ['compliance', 'governance'] as const)
    it(`cannot be deleted before its day where it is locked (${mode})`, async () => {
      const startMs = Date.now()
      const done = await written(`locked-${mode}`, '--lock-days', '3', '--lock-mode', mode)
      assert.equal(JSON.parse(done.out).lock.mode, mode)
      const paths = await gateway.list('evidence', `locked-${mode}/`)
      assert.ok(paths.includes('MANIFEST.json') && paths.includes(largeLog))
      for (const path of paths) {
        const key = `locked-${mode}/${path}`
        const { ObjectLockMode, ObjectLockRetainUntilDate, VersionId } = await gateway.head('evidence', key)
        assert.equal(ObjectLockMode, mode.toUpperCase(), path)
        const heldMs = (ObjectLockRetainUntilDate?.getTime() ?? 0) - startMs
        assert.ok(heldMs >= 3 * dayMs - 1_000 && heldMs < 3 * dayMs + 120_000, `${path} is held ${heldMs} ms`)
        await assert.rejects(
          gateway.client.send(new DeleteObjectCommand({ Bucket: 'evidence', Key: key, VersionId })),
          /protected|[Ll]ocked|Access Denied/,
          path,
        )
      }
      assert.deepEqual(await verified(`locked-${mode}`), { exit: 0, named: [] })
    })

  it('asks for a lock only where there can be one, and writes nothing where there cannot', async () => {
    const argv = (output: string, ...more: string[]) => [
      'evidence',
      archive,
      '--output',
      output,
      '-o',
      'json',
      ...more,
    ]
    const off = await call(argv('s3://plain/here', '--lock-days', '3'))
    assert.deepEqual([off.exit, JSON.parse(off.err).error.code], [1, 'HK454'])
    assert.deepEqual(await gateway.list('plain', 'here/'), [])
    assert.deepEqual(
      asked.filter((request) => request.startsWith('PUT ')),
      [],
    )
    for (const days of ['0', '1.5', 'many', '36501']) {
      const odd = await call(argv('s3://evidence/odd', '--lock-days', days))
      assert.deepEqual([odd.exit, JSON.parse(odd.err).error.code], [2, 'HK101'], days)
    }
    const folder = await call(argv(join(dir, 'new'), '--lock-days', '3'))
    assert.deepEqual([folder.exit, JSON.parse(folder.err).error.code], [2, 'HK101'])
    const unlocked = await call(argv('s3://plain/here'))
    assert.equal(unlocked.exit, 0, unlocked.err)
  })

  it('says what is wrong with the bucket, the keys and the network, in both languages and without the keys', async () => {
    const wrong = `wrong-${gateway.secret}`
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...nobody } = env
    const { AWS_REGION: ___, ...nowhere } = env
    const cases: readonly (readonly [string, number, string, Readonly<Record<string, string>>])[] = [
      ['nowhere', 3, 'HK220', env],
      ['evidence', 1, 'HK453', { ...env, AWS_SECRET_ACCESS_KEY: wrong }],
      ['evidence', 1, 'HK453', { ...env, AWS_ACCESS_KEY_ID: 'unknown-key' }],
      ['evidence', 1, 'HK453', { ...nobody, AWS_EC2_METADATA_DISABLED: 'true' }],
      ['evidence', 2, 'HK101', { ...nowhere, AWS_EC2_METADATA_DISABLED: 'true' }],
      ['evidence', 5, 'HK555', { ...env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' }],
    ]
    for (const [bucket, exit, code, given] of cases)
      for (const argv of [
        ['evidence', archive, '--output', `s3://${bucket}/wrong`],
        ['evidence', 'verify', `s3://${bucket}/whole`],
      ])
        for (const lang of ['en', 'ja']) {
          const said = await call([...argv, '--lang', lang], given)
          assert.deepEqual(
            [said.exit, said.err.split(' ')[0]],
            [exit, code],
            `${argv.join(' ')}: ${said.err}`,
          )
          for (const secret of [gateway.secret, 'unknown-key'])
            assert.ok(!`${said.out}${said.err}`.includes(secret), said.err)
          if (lang === 'ja') assert.match(said.err, /[ぁ-ん]/)
        }
  })

  it('names a place that is none', async () => {
    for (const output of ['s3://', 's3://evidence', 's3://evidence/a//b', 's3://evidence/../b', 's3://E/b']) {
      const said = await call(['evidence', archive, '--output', output, '-o', 'json'])
      assert.deepEqual([said.exit, JSON.parse(said.err).error.code], [2, 'HK101'], output)
    }
  })

  it('takes less than 100 MiB more of memory for 1 GB of logs than for few, written and verified', async () => {
    const large = join(dir, 'large', kept.incident)
    await putArchive(large)
    for (let nth = 0; nth < 8; nth++) await putLog(large, `pod-${nth}`, 125e6)
    const most = async (...argv: string[]): Promise<number> => {
      const tellsPeak = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))`
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(tellsPeak)}`
      const done = await run(argv, { env: { ...env, NODE_OPTIONS } })
      assert.equal(done.code, 0, done.err)
      return Number(/peak (\d+)$/.exec(done.err)?.[1]) / 1_024
    }
    const direct = env
    env = { ...env, ...gateway.envAt(gateway.port) }
    try {
      const [few, many] = [
        await most('evidence', archive, '--output', 's3://evidence/few', '--key', privateKey),
        await most('evidence', large, '--output', 's3://evidence/many', '--key', privateKey),
      ]
      assert.ok(many - few < 100, `written: ${few} MiB for few, ${many} MiB for 1 GB`)
      const [fewRead, manyRead] = [
        await most('evidence', 'verify', 's3://evidence/few', '--unsigned'),
        await most('evidence', 'verify', 's3://evidence/many', '--unsigned'),
      ]
      assert.ok(manyRead - fewRead < 100, `verified: ${fewRead} MiB for few, ${manyRead} MiB for 1 GB`)
    } finally {
      env = direct
    }
  })

  it('is written and verified by the released program', async () => {
    await buildReleased()
    const made = await run(writing('released', '--lock-days', '1'), { env, program: released })
    assert.equal(made.code, 0, made.err)
    const argv = ['evidence', 'verify', 's3://evidence/released', '--key', publicKey]
    const { code, out } = await run(argv, { env, program: released })
    assert.deepEqual([code, out.split('\n')[0]], [0, 'every file is as the manifest says'])
  })

  async function unfinished(Prefix: string): Promise<readonly unknown[]> {
    const { Uploads = [] } = await gateway.client.send(
      new ListMultipartUploadsCommand({ Bucket: 'evidence', Prefix }),
    )
    return Uploads
  }
})

/** It goes up in four parts, and each other in one. */
const largeLog = 'cluster/logs/large/web.log'
const smallLog = 'cluster/logs/small-0/web.log'

/** What the incident's worker would have left, and an empty collection of its end. */
async function putArchive(folder: string): Promise<void> {
  await putRuns(folder, kept)
  await cp(join(stored, kept.version, kept.play, 'logs'), join(folder, 'logs'), { recursive: true })
  const collected = join(folder, 'collected', 'close')
  await mkdir(join(collected, 'logs'), { recursive: true })
  const says = { files: 0, bytes: 0, masked: 0, missing: [] }
  await writeFile(join(collected, 'collected.json'), JSON.stringify(says))
}

async function putLog(folder: string, pod: string, bytes: number): Promise<void> {
  const log = await openLog(join(folder, 'collected', 'close', 'logs', pod, 'web'), '0001-0001')
  const piece = `2026-11-30T09:30:01.000000000Z ${pod} ${'x'.repeat(160)}\n`.repeat(100)
  for (let written = 0; written < bytes; written += piece.length) await log.write(piece)
  await log.close()
}

/** The requests that begin in a piece of what a client sends. */
function requestsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|\n)((?:PUT|POST|GET|HEAD|DELETE) \S+) HTTP\/1\.1\r\n/g)].map(
    ([, request = '']) => request,
  )
}
