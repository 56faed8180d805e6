import assert from 'node:assert/strict'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { said } from '../../../domain/words.ts'
import { scratch } from '../../scenarios/world.ts'

describe('a worker without a kubeconfig', () => {
  it('says in both languages that there is none, and which settings name one', () =>
    scratch(async (HOME) => {
      const loaded = await withEnvironment({ HOME, KUBECONFIG: undefined }, () =>
        kubernetesApi({ cluster: 'lab' }).load(),
      )
      const { en, ja } = said(loaded ?? '')
      assert.match(en, /^no kubeconfig found: HIKESHI_KUBECONFIG and KUBECONFIG are not set/)
      assert.match(ja, /kubeconfig が見つかりません。HIKESHI_KUBECONFIG/)
    }))

  it('names a file that cannot be read', async () => {
    const api = kubernetesApi({ cluster: 'lab', kubeconfigPath: '/nonexistent/kubeconfig' })
    assert.match(said((await api.load()) ?? '').en, /^kubeconfig: ENOENT/)
  })
})

/** Variable by variable: an object in place of `process.env` would leave the process's own as it is, for all tests that come after. */
async function withEnvironment<T>(
  changed: Readonly<Record<string, string | undefined>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(changed).map((name) => [name, process.env[name]] as const)
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  for (const [name, value] of Object.entries(changed)) set(name, value)
  try {
    return await work()
  } finally {
    for (const [name, value] of before) set(name, value)
  }
}
