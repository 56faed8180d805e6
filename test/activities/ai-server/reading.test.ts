import assert from 'node:assert/strict'
import { said } from '../../../domain/words.ts'
import { find } from '../../../lab/exec/machine.ts'
import { breakLab, healLab } from '../../../lab/index.ts'
import { sharedLab } from '../../lab/shared.ts'
import { skipWithout } from '../../lab/skip.ts'
import { workerHands } from '../kubernetes/world.ts'

const context = {
  incident: 'shodo-42',
  stepRun: 'shodo-42/look',
  cluster: 'lab',
  namespace: 'shodo',
  nowMs: Date.now(),
  head: { seq: 7, hash: 'abc123' },
}
const subject = 'deployment/shodo/shodo-ai-server'

describe('looking into the AI server', () => {
  let lab: Awaited<ReturnType<typeof sharedLab>>
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'exec')
    await healLab(lab)
  })

  const gpu = (more: object = {}) =>
    workerHands(lab)['ai-server.gpu'](
      { deployment: 'shodo-ai-server', gpus: 1, fullFromPercent: 95, ...more },
      context,
    )
  const models = (more: object = {}) =>
    workerHands(lab)['ai-server.models'](
      { deployment: 'shodo-ai-server', path: '/models/', expect: [], minBytes: 1, ...more },
      context,
    )

  it('sees its GPU and the processes on it, and says where that is played', async () => {
    const { facts, findings, text } = await gpu()
    const seen = facts as { gpus: { index: number }[]; remarks: string[] }
    assert.equal(seen.gpus.length, 1)
    assert.deepEqual(findings, [])
    if (find('nvidia-smi') === undefined) {
      assert.deepEqual(seen.remarks, ['# stand-in: this machine has no GPU'])
      assert.match(said(text).en, /^# stand-in/)
    }
  })

  it('finds GPUs that should be there, memory that is full, and that there is no nvidia-smi', async () => {
    const two = await gpu({ gpus: 2 })
    assert.deepEqual(
      two.findings.map(({ code, subject: about, says }) => [code, about, /sees 1 of 2 GPUs/.test(says.en)]),
      [['gpu-missing', subject, true]],
    )
    const full = await gpu({ fullFromPercent: 1 })
    assert.deepEqual(
      full.findings.map(({ code }) => code),
      ['gpu-memory-full'],
    )
    assert.match(said(full.findings[0]?.evidence[0]).en, /GPU 0: \d+ \/ \d+ MiB/)
    const none = await gpu({ deployment: 'shodo-frontend' })
    assert.deepEqual(
      none.findings.map(({ code }) => code),
      ['gpu-missing'],
    )
    assert.match(said(none.findings[0]?.evidence[0]).en, /no nvidia-smi/)
  })

  it('finds a model that is missing, empty, too small, or has no folder at all', async () => {
    const whole = await models({
      expect: ['gyosho-2.safetensors', 'kaisho-7.safetensors'],
      minBytes: 100_000,
    })
    assert.deepEqual(whole.findings, [])
    assert.match(said(whole.text).en, /gyosho-2\.safetensors/)
    const small = await models({ minBytes: 100_000 })
    assert.match(small.findings[0]?.says.en ?? '', /labels\.json is 1 KiB, expected at least 97\.7 KiB/)
    const wrong = await models({ expect: ['sosho-1.safetensors'] })
    assert.match(wrong.findings[0]?.says.en ?? '', /sosho-1\.safetensors is not in \/models\//)
    const nowhere = await models({ path: '/nowhere/' })
    assert.match(said(nowhere.findings[0]?.evidence[0]).en, /No such file or directory/)
    await breakLab(lab, 'model-missing')
    try {
      const { findings } = await models({ expect: ['gyosho-2.safetensors'] })
      assert.deepEqual(
        findings.map(({ code, subject: about }) => [code, about]),
        [['model-missing', subject]],
      )
    } finally {
      await healLab(lab)
    }
  })

  it('counts the connections of the backend’s pods', async () => {
    const hand = workerHands(lab)['kubernetes.connections']
    const { facts, text } = await hand({ deployment: 'shodo-backend', pods: 2 }, context)
    const { established, podsRead, morePods } = facts as Record<string, number>
    assert.deepEqual([podsRead, morePods], [2, 1])
    assert.ok((established ?? 0) > 0)
    assert.match(said(text).en, /POD +ESTABLISHED +TO PORT/)
  })
})
