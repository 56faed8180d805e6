import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findAll, findBinary } from '../../lab/binaries/find.ts'
import { ensureAllBinaries, ensureBinaries } from '../../lab/binaries.ts'
import { withLock } from '../../lab/lock.ts'
import type { Progress } from '../../lab/progress.ts'

describe('the binaries of the lab', () => {
  const saved = { PATH: process.env.PATH, HIKESHI_CACHE: process.env.HIKESHI_CACHE }
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hikeshi-binaries-'))
    process.env.HIKESHI_CACHE = join(folder, 'cache')
    process.env.PATH = `${folder}:/usr/bin:/bin`
  })

  afterEach(() => {
    process.env.PATH = saved.PATH
    if (saved.HIKESHI_CACHE === undefined) delete process.env.HIKESHI_CACHE
    else process.env.HIKESHI_CACHE = saved.HIKESHI_CACHE
    rmSync(folder, { recursive: true })
  })

  function onPath(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }

  it('on PATH are taken in exactly the pinned version', async () => {
    onPath('etcd', 'echo "etcd Version: 3.6.8"')
    onPath('kwok', 'echo "kwok version v0.7.1 go1.26"')
    assert.equal(await findBinary('etcd', '3.6.8'), join(folder, 'etcd'))
    assert.equal(await findBinary('kwok', '0.7.0'), undefined)
  })

  it('cannot be built without Go, and the error says what to install', async () => {
    process.env.PATH = folder
    await assert.rejects(ensureBinaries(), /there is no "go" on PATH: install Go 1\.26 or newer/)
  })

  it('cannot be built with an old Go', async () => {
    onPath('go', 'echo go1.22.3')
    await assert.rejects(ensureBinaries(), /"go" on PATH is go1\.22\.3: install Go 1\.26/)
  })

  it("are built one module after the other, with progress, and Go's cache is dropped", async () => {
    onPath('go', fakeGo)
    const seen: Progress[] = []
    const paths = await ensureBinaries((progress) => seen.push(progress))
    assert.equal(paths.etcd, join(folder, 'cache', 'bin', 'etcd-3.6.8'))
    assert.equal(Object.keys(paths).length, 6)
    const done = seen.filter((progress) => progress.kind === 'build' && progress.state === 'done')
    assert.deepEqual(
      done.map((progress) => progress.kind === 'build' && `${progress.nth}/${progress.of} ${progress.what}`),
      ['1/4 etcd 3.6.8', '2/4 kwok 0.7.0', '3/4 temporal 1.32.0', '4/4 kubernetes 1.34.4'],
    )
    assert.equal(existsSync(join(folder, 'cache', 'go-build')), false)
    assert.deepEqual(
      (await findAll()).missing.map((module) => module.name),
      ['alertmanager', 'prometheus', 'metrics-server', 'versitygw'],
    )
  })

  it('without which a lab comes up are built only where all are asked for, and one that fails is left out', async () => {
    onPath(
      'go',
      `case "$PWD" in *prometheus) [ "$1" = env ] || { echo 'no module' >&2; exit 1; } ;; esac\n${fakeGo}`,
    )
    const notes: string[] = []
    const paths = await ensureAllBinaries((progress) => {
      if (progress.kind === 'note') notes.push(progress.text)
    })
    assert.equal(paths.alertmanager, join(folder, 'cache', 'bin', 'alertmanager-0.31.1'))
    assert.equal(paths.prometheus, undefined)
    assert.match(
      notes.join('\n'),
      /the lab goes without prometheus: go build of prometheus .* failed: no module/,
    )
    onPath('go', 'echo go1.22.3')
    assert.equal((await ensureAllBinaries()).prometheus, undefined)
  })

  it('of a build that fails are never seen, and its words are shown', async () => {
    onPath('go', '[ "$1" = env ] && echo go1.26.8 && exit 0; echo "missing go.sum entry" >&2; exit 1')
    await assert.rejects(ensureBinaries(), /go build of etcd 3\.6\.8 failed: missing go\.sum entry/)
    assert.deepEqual(readdirSync(join(folder, 'cache', 'bin')), [])
    assert.deepEqual(readdirSync(join(folder, 'cache', 'locks')), [])
  })

  it('are built once when two ask at the same moment', async () => {
    onPath('go', fakeGo)
    const builds: string[] = []
    const note = (progress: Progress) => {
      if (progress.kind === 'build' && progress.state === 'began') builds.push(progress.what)
    }
    await Promise.all([ensureBinaries(note), ensureBinaries(note)])
    assert.equal(builds.length, 4)
  })

  /** Answers `go env` and makes the binaries that `go build -o DIR/ tool` would. */
  const fakeGo = `
    [ "$1" = env ] && echo go1.26.8 && exit 0
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$GOCACHE"
    case "$PWD" in
      *etcd|*temporal) names=server ;;
      *kwok) names=kwok ;;
      *alertmanager) names=alertmanager ;;
      *prometheus) names=prometheus ;;
      *metrics-server) names=metrics-server ;;
      *versitygw) names=versitygw ;;
      *) names="kube-apiserver kube-controller-manager kube-scheduler" ;;
    esac
    for name in $names; do echo built > "$2/$name"; chmod 755 "$2/$name"; done`
})

describe('a lock', () => {
  const file = join(tmpdir(), `hikeshi-lock-${process.pid}`)

  afterEach(() => rmSync(file, { force: true }))

  it('lets one in after the other', async () => {
    let inside = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++inside)
      await sleep(5)
      inside--
    }
    await Promise.all(Array.from({ length: 10 }, () => withLock(file, work)))
    assert.equal(most, 1)
    assert.equal(existsSync(file), false)
  })

  it('of a process that is gone, or of a later one with its number, holds nobody back', async () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, started: '1' }))
    assert.equal(await withLock(file, async () => 'in'), 'in')
    writeFileSync(file, 'not even JSON')
    assert.equal(await withLock(file, async () => 'in'), 'in')
  })
})
