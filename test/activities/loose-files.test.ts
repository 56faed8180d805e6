/** What decides whom a worker believes is its owner's alone to write. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stringify } from 'yaml'
import { openPolicy } from '../../activities/policy.ts'
import { openPublicKeys, openPublishers } from '../../activities/public-keys.ts'
import { openTokens } from '../../client/doors/http/tokens.ts'
import { failureIn } from '../../client/failure-in.ts'
import { believedRunbooks } from '../../client/runbook/believed.ts'
import { explain } from '../../domain/failures.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { skipBecause } from '../lab/skip.ts'
import { api } from './signed-calls.ts'

const settings = { cluster: 'production', lab: false, attestationKeys: undefined }
const quiet = () => {}
const pem = api.publicKey.export({ type: 'spki', format: 'pem' })

/** Each reads a file of its folder, or all that lies in it. */
const readers: Readonly<
  Record<
    string,
    {
      readonly file: string
      readonly text: string | Buffer
      readonly read: (dir: string) => Promise<unknown>
    }
  >
> = {
  'the policy': {
    file: 'policy.yaml',
    text: 'namespaces: [shodo]',
    read: (dir) => openPolicy({ ...settings, policy: join(dir, 'policy.yaml') }, quiet),
  },
  'the trusted runbooks': {
    file: 'shodo.yaml',
    text: stringify(smallBook()),
    read: (dir) => believedRunbooks(dir, {}),
  },
  'the keys of the API': {
    file: 'api.pub',
    text: pem,
    read: (dir) => openPublicKeys(join(dir, 'api.pub'), quiet),
  },
  'the keys of people': { file: 'mori.pub', text: pem, read: (dir) => openPublishers(dir, undefined, quiet) },
  'the tokens': {
    file: 'tokens.yaml',
    text: 'tokens: []',
    read: (dir) => openTokens(join(dir, 'tokens.yaml')),
  },
}

describe('a file that decides whom one believes', () => {
  let above: string
  let dir: string
  beforeEach(async () => {
    above = await mkdtemp(join(tmpdir(), 'hikeshi-loose-'))
    dir = join(above, 'own')
    await mkdir(dir, { mode: 0o755 })
  })
  afterEach(() => rm(above, { recursive: true }))

  for (const [name, { file, text, read }] of Object.entries(readers)) {
    it(`such as ${name} is refused where others may write it or put another in its place, with what to do`, async () => {
      const own = name === 'the tokens' ? 0o600 : 0o644
      const path = join(dir, file)
      await writeFile(path, text)
      await chmod(path, own)
      await read(dir)
      const refused = async (says: RegExp) =>
        assert.rejects(read(dir), (error) => {
          const found = failureIn(error)
          if (found === undefined) throw error
          assert.equal(found.name, 'bad-input')
          assert.match(explain(found, 'en').what, says)
          const ja = explain(found, 'ja').what
          assert.match(ja, /モードが 0\d+ です.*（chmod /)
          assert.doesNotMatch(ja, /expected/)
          return true
        })
      await chmod(path, own | 0o020)
      await refused(/its mode is 06\d\d; only its owner .*\(chmod \S+ \S+\)/)
      await chmod(path, own)
      await chmod(dir, 0o775)
      await refused(/mode (of its folder )?is 0775; only its owner .*\(chmod go-w \S+own\)/)
    })
  }

  it('are taken from a mount that nobody writes, as Kubernetes makes one of a ConfigMap', function () {
    const enter = (command: string) =>
      spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-ec', command], { encoding: 'utf8' })
    if (enter('true').status !== 0) skipBecause(this, 'no mount namespace can be made here')
    const asked = `
      import { whyWritable } from '${pathToFileURL('edge/loose-folder.ts').href}'
      console.log(await whyWritable('/mnt/policy.yaml') ?? 'well')`
    const ask = `node --import tsx --input-type=module --eval "${asked}"`
    const mount =
      'mount -t tmpfs -o mode=0777 none /mnt && touch /mnt/policy.yaml && chmod 0644 /mnt/policy.yaml'
    assert.match(enter(`${mount} && ${ask}`).stdout, /the mode of its folder is 0777/)
    assert.equal(enter(`${mount} && mount -o remount,ro /mnt && ${ask}`).stdout, 'well\n')
  })
})
