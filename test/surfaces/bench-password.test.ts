import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { inspect } from 'node:util'
import { missingGoAlert, openGoAlert } from '../../bench/storm/goalert-site.ts'
import { openCluster, password, type Server } from '../activities/postgres/cluster.ts'
import { describeWithPostgres } from '../activities/postgres/programs.ts'

describeWithPostgres("the password of the benchmark's database", (programs) => {
  const { PATH } = process.env
  let dir: string
  let server: Server

  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
    dir = await mkdtemp(join(tmpdir(), 'hikeshi-goalert-'))
    // GoAlert that says how it was called, and cannot migrate.
    const script = `#!/bin/sh\necho "$*" >> ${dir}/called\necho "$PGPASSWORD" > ${dir}/given\n[ "$1" = version ]\n`
    await writeFile(join(dir, 'goalert'), script)
    await chmod(join(dir, 'goalert'), 0o755)
    process.env.PATH = `${dir}${delimiter}${PATH}`
  })
  after(async () => {
    process.env.PATH = PATH
    await rm(dir, { recursive: true, force: true })
    await server.close()
  })

  it('is on no command line and in no error, and reaches GoAlert anyway', async () => {
    const postgres = `postgres://admin:${password}@127.0.0.1:${server.port}`
    assert.equal(await missingGoAlert(postgres), undefined)
    const error = await openGoAlert(postgres, 1).then(() => assert.fail(), inspect)
    assert.match(error, /migrate --db-url postgres:\/\/admin@127\.0\.0\.1:/)
    const called = await readFile(join(dir, 'called'), 'utf8')
    assert.deepEqual([error.includes(password), called.includes(password)], [false, false])
    assert.equal(await readFile(join(dir, 'given'), 'utf8'), `${password}\n`)
  })

  it('is not told where no server answers: host and port are', async () => {
    const missing = await missingGoAlert(`postgres://admin:${password}@127.0.0.1:1`)
    assert.match(missing ?? '', /^no PostgreSQL at 127\.0\.0\.1:1: /)
    assert.equal(await missingGoAlert(`not an address: ${password}`), 'HIKESHI_BENCH_POSTGRES is no address')
  })
})
