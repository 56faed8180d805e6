import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { labDir } from '../../lab/folders.ts'

describe('the bootstrap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-bootstrap-'))
  const spec = join(folder, 'some.test.mjs')

  after(() => rmSync(folder, { recursive: true }))

  function bootstrap(args: string[], onOutput?: (text: string, pid: number) => void) {
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const child = spawn(process.execPath, ['lab/bootstrap.mjs', ...args])
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (text) => {
        stdout += text
        onOutput?.(stdout, child.pid ?? 0)
      })
      child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text
      })
      child.once('close', (code) => resolve({ code, stdout, stderr }))
    })
  }

  it('refuses an unknown task with the list of tasks', async () => {
    const { code, stderr } = await bootstrap(['dance'])
    assert.equal(code, 2)
    assert.match(stderr, /demo\|test\|nodes\|audit\|bench\|provision/)
  })

  it('ends a test run with the numbers alone on the last line, and fails when a test did', async () => {
    writeFileSync(spec, `it('a', () => {}); it('b', () => { throw new Error('no') }); it.skip('c', () => {})`)
    const { code, stdout } = await bootstrap(['test', spec])
    assert.deepEqual(stdout.trimEnd().split('\n').slice(-2), [
      'failed: b: no',
      '1 passed, 1 failed, 1 skipped',
    ])
    assert.equal(code, 1)
    writeFileSync(spec, `it('a', () => {})`)
    const good = await bootstrap(['test', spec])
    assert.equal(good.stdout.trimEnd().split('\n').at(-1), '1 passed, 0 failed')
    assert.equal(good.code, 0)
  })

  it('runs once more by itself what failed in a crowd, and names it', async () => {
    const marks = join(folder, 'marks')
    const once = `import { existsSync, writeFileSync } from 'node:fs'
      const first = (mark, why) => { if (!existsSync(mark)) { writeFileSync(mark, ''); throw new Error(why) } }`
    const files = ['one', 'two'].map((name) => join(folder, `${name}.test.mjs`))
    const [one = '', two = ''] = files
    writeFileSync(
      one,
      `${once}; it('a', () => {}); it('b: c', () => first('${marks}-b', 'no'))
      describe('d', () => { before(() => first('${marks}-d', 'not yet')); it('e', () => {}) })`,
    )
    writeFileSync(two, `it('f', () => {})`)
    const { code, stdout } = await bootstrap(['test', '--parallel', '--jobs=2', ...files])
    assert.deepEqual(stdout.trimEnd().split('\n').slice(-3), [
      'unsteady: b: c: no',
      'unsteady: d "before all" hook for "e": not yet',
      '4 passed, 0 failed',
    ])
    assert.equal(code, 0)
    writeFileSync(two, `it('f', () => { throw new Error('never') })`)
    const bad = await bootstrap(['test', '--parallel', '--jobs=2', ...files])
    assert.deepEqual(bad.stdout.trimEnd().split('\n').slice(-2), ['failed: f: never', '3 passed, 1 failed'])
    assert.equal(bad.code, 1)
  })

  it('passes SIGTERM on and ends when its child has ended', async () => {
    writeFileSync(
      spec,
      `it('waits', (done) => { console.log('pid', process.pid); setTimeout(done, 50_000) })`,
    )
    let inner = 0
    const { code } = await bootstrap(['test', spec], (text, pid) => {
      if (inner || !/pid \d+\n/.test(text)) return
      inner = Number(/pid (\d+)/.exec(text)?.[1])
      process.kill(pid, 'SIGTERM')
    })
    assert.equal(code, 143)
    assert.throws(() => process.kill(inner, 0), /ESRCH/)
  })

  describe('with two files at a time', function () {
    this.timeout(300_000)
    const specs = ['one', 'two'].map((name) => join(folder, `${name}.test.mjs`))
    const shared = pathToFileURL('test/lab/shared.ts').href

    /** Each brings its lab up, says where it is, and goes on as told. */
    function write(then: string) {
      for (const each of specs) {
        const up = `const { name } = await sharedLab(); console.log('lab', name); ${then}`
        const test = `it('has a lab', async function () { this.timeout(0); ${up} })`
        writeFileSync(each, `import { sharedLab } from '${shared}'; ${test}`)
      }
    }

    function labs(stdout: string): readonly string[] {
      return [...stdout.matchAll(/^lab (\S+)$/gm)].map(([, name = '']) => name)
    }

    it('leaves no lab of either, and counts both', async () => {
      write('')
      const { code, stdout } = await bootstrap(['test', '--parallel', '--jobs=2', ...specs])
      assert.equal(stdout.trimEnd().split('\n').at(-1), '2 passed, 0 failed')
      assert.equal(code, 0)
      assert.equal(new Set(labs(stdout)).size, 2)
      assert.deepEqual(
        labs(stdout).filter((name) => existsSync(labDir(name))),
        [],
      )
    })

    it('leaves no lab of either when it is told to end', async () => {
      write('await new Promise(() => {})')
      let told = false
      const { code, stdout } = await bootstrap(['test', '--parallel', '--jobs=2', ...specs], (text, pid) => {
        if (told || labs(text).length < 2) return
        told = true
        process.kill(pid, 'SIGTERM')
      })
      assert.equal(code, 143)
      assert.equal(new Set(labs(stdout)).size, 2)
      assert.deepEqual(
        labs(stdout).filter((name) => existsSync(labDir(name))),
        [],
      )
    })
  })
})
