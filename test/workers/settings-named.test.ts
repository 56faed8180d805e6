import assert from 'node:assert/strict'
import { openPublishers } from '../../activities/public-keys.ts'
import { openChannels } from '../../channels/channels-file.ts'
import { explain } from '../../domain/failures.ts'
import { Refused } from '../../edge/refused.ts'
import { carriedBy } from '../../wire/carried.ts'
import { quietLogs } from '../../workers/logs.ts'
import { namingSetting, type Paths } from '../../workers/naming-setting.ts'

describe('a mistake in a file of a worker', () => {
  const told = async (paths: Paths, work: () => Promise<unknown>) => {
    const error = await namingSetting(paths, work).then(
      () => assert.fail('nothing was refused'),
      (cause: unknown) => cause,
    )
    return error instanceof Refused ? explain(error.failure, 'en').what : String(error)
  }

  it('is told with the setting that names the file', async () => {
    assert.equal(
      await told({ channels: '/nonexist', policy: '/none' }, () => openChannels('/nonexist', {})),
      '/nonexist (HIKESHI_CHANNELS): it cannot be read (ENOENT)',
    )
    assert.match(
      await told({ channels: '/none', publisherKeys: '/nonexist' }, () =>
        openPublishers('/nonexist', undefined, () => undefined),
      ),
      /^\/nonexist \(HIKESHI_PUBLISHER_KEYS\): there is no such file or folder\. Expected the public key that checks runbooks/,
    )
  })

  it('is told as it is where no setting names it', async () => {
    assert.match(await told({}, () => openChannels('/nonexist', {})), /^\/nonexist: it cannot be read/)
    assert.match(await told({}, () => Promise.reject(new Error('x'))), /^Error: x$/)
  })
})

describe('an address for figures that cannot be meant', () => {
  it('is refused in one sentence of each language', () => {
    // Whether the process has a runtime already, as in a run of all tests, or not.
    quietLogs()
    assert.throws(
      () => quietLogs('nonsense'),
      (error) => {
        const failure = carriedBy(error) ?? assert.fail(String(error))
        assert.equal(
          explain(failure, 'en').what,
          'HIKESHI_METRICS: expected an address such as 127.0.0.1:9464',
        )
        assert.equal(explain(failure, 'ja').what, 'HIKESHI_METRICS: 期待: 127.0.0.1:9464 のようなアドレス')
        return true
      },
    )
    for (const odd of ['localhost:9464', '127.0.0.1', '127.0.0.1:99999', '[127.0.0.1]:9464', '::1:9464'])
      assert.throws(() => quietLogs(odd), odd)
    for (const good of ['127.0.0.1:9464', '0.0.0.0:1', '[::1]:9464']) quietLogs(good)
  })
})
