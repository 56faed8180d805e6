import assert from 'node:assert/strict'
import { testLabName } from '../lab/shared.ts'
import { world } from '../scenarios/world.ts'
import { run } from './program.ts'

describe('odd words and settings', function () {
  this.timeout(120_000)
  const first = (text: string) => text.split('\n', 1)[0]

  it('options of every verb may stand before api and lab, and help knows both', async () => {
    const helps = [
      ['--lang', 'en', 'api', '--help'],
      ['help', 'api'],
      ['--as', 'x', 'help', 'lab'],
      ['-o', 'json', 'lab', '-h'],
    ]
    for (const argv of helps) {
      const { code, out } = await run(argv)
      assert.equal(code, 0, argv.join(' '))
      assert.match(out, /--listen|lab up/, argv.join(' '))
    }
    const status = await run(['-o', 'json', 'lab', 'status', '--name', testLabName('nowhere')])
    assert.equal(JSON.parse(status.out).state, 'down')
  })

  it('a lab that never was is not said to be down now', async () => {
    const name = testLabName('nowhere')
    assert.equal(first((await run(['lab', 'down', '--name', name])).out), `lab "${name}" was not up`)
  })

  it('an empty zone, a namespace that is not there and an address that is none are no errors of ours', async () => {
    const { env } = await world()
    assert.equal((await run(['list'], { env: { ...env, TZ: '' } })).code, 0)
    const namespace = await run(['list'], { env: { ...env, TEMPORAL_NAMESPACE: 'nosuch' } })
    assert.deepEqual([namespace.code, first(namespace.err)?.slice(0, 26)], [2, 'HK101 TEMPORAL_NAMESPACE: '])
    const address = await run(['list'], { env: { ...env, TEMPORAL_ADDRESS: 'http://x:1' } })
    assert.deepEqual([address.code, first(address.err)?.slice(0, 24)], [2, 'HK101 TEMPORAL_ADDRESS: '])
  })

  it('a service with two slashes is no service, and loopback is reached past a proxy', async () => {
    const { env } = await world()
    const argv = ['declare', '--service', 'shodo/backend/x', '--severity', 'LOW', '--description', 'x']
    const { code, err } = await run(argv, { env })
    // Unknown, or nothing is known at all.
    assert.equal(code, 3, err)
    assert.match(err, /^HK20[18] /)
    const proxied = await run(['list'], { env: { ...env, http_proxy: 'http://127.0.0.1:9', no_proxy: '' } })
    assert.equal(proxied.code, 0, proxied.err)
  })
})
