import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skipBecause } from './skip.ts'

describe('the Debian package that tests want', () => {
  let folder: string
  const asked = () => join(folder, 'asked')

  beforeEach(function () {
    if (process.getuid?.() !== 0) skipBecause(this, 'only root may install packages')
    folder = mkdtempSync(join(tmpdir(), 'hikeshi-packages-'))
    program('postgres', 'exit 0')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** A program on a PATH that has nothing else. */
  function program(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }

  function aptGet(then: string): void {
    program('apt-get', `echo "$DEBIAN_FRONTEND $*" >>'${asked()}'; ${then}`)
  }

  type Installer = 'installPgbackrest' | 'installChromium'

  function install(
    which: Installer = 'installPgbackrest',
  ): Promise<{ readonly failed: boolean; readonly stderr: string }> {
    const module = new URL('../../lab/system-packages.mjs', import.meta.url).href
    const script = `import { ${which} } from '${module}'; await ${which}()`
    return new Promise((resolve) => {
      const args = ['--input-type=module', '-e', script]
      execFile(process.execPath, args, { env: { PATH: folder } }, (error, _, stderr) =>
        resolve({ failed: error !== null, stderr }),
      )
    })
  }

  const verbs = () =>
    readFileSync(asked(), 'utf8')
      .trim()
      .split('\n')
      .map((line) => /(install|update).*/.exec(line)?.[0])

  it('is installed where we are root, without a question and with a line that says so', async () => {
    aptGet('exit 0')
    const { failed, stderr } = await install()
    assert.equal(failed, false)
    assert.equal(stderr, 'installing the Debian package pgbackrest, for tests of backups and restores\n')
    assert.deepEqual(verbs(), ['install -y --no-install-recommends pgbackrest'])
    assert.match(readFileSync(asked(), 'utf8'), /^noninteractive -qq /)
  })

  it('is looked for again after an update, where the system knew no packages', async () => {
    aptGet(
      `case "$*" in *update*) : >'${join(folder, 'updated')}';; *) [ -e '${join(folder, 'updated')}' ];; esac`,
    )
    const { stderr } = await install()
    assert.equal(stderr.trim().split('\n').length, 1)
    assert.deepEqual(verbs(), [
      'install -y --no-install-recommends pgbackrest',
      'update',
      'install -y --no-install-recommends pgbackrest',
    ])
  })

  it('that cannot be had stops nobody: the reason is printed', async () => {
    aptGet('echo "E: no way out" >&2; exit 100')
    const { failed, stderr } = await install()
    assert.equal(failed, false)
    assert.match(stderr, /E: no way out\n/)
    assert.match(stderr, /not installed \(apt-get ended with 100\): those tests are skipped\n$/)
  })

  it('is not asked for where it is there, or where there is no PostgreSQL to back up', async () => {
    aptGet('exit 0')
    program('pgbackrest', 'exit 0')
    assert.equal((await install()).stderr, '')
    rmSync(join(folder, 'pgbackrest'))
    if (!existsSync('/usr/lib/postgresql')) {
      rmSync(join(folder, 'postgres'))
      assert.equal((await install()).stderr, '')
    }
    assert.equal(existsSync(asked()), false)
  })

  it('is Chromium as well, unless a browser of its kind is there', async () => {
    aptGet('exit 0')
    const { stderr } = await install('installChromium')
    assert.equal(stderr, 'installing the Debian package chromium, for tests of pages in a browser\n')
    assert.deepEqual(verbs(), ['install -y --no-install-recommends chromium'])
    rmSync(asked())
    program('google-chrome', 'exit 0')
    assert.equal((await install('installChromium')).stderr, '')
    assert.equal(existsSync(asked()), false)
  })
})
