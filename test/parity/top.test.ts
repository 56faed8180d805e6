import assert from 'node:assert/strict'
import { said } from '../../domain/words.ts'
import { until } from '../../lab/waiting.ts'
import { openWorld, type World, workerHands } from '../activities/kubernetes/world.ts'
import { skipWithout } from '../lab/skip.ts'
import { describeWithKubectl, kubectlIn } from './kubectl.ts'
import { assertNear } from './one-moment.ts'

const mebibyte = 2 ** 20

describeWithKubectl('CPU and memory as kubectl top prints them', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('topped')
    skipWithout(this, world.lab, 'metrics-server')
  })
  after(() => world?.close())

  type Pod = { readonly name: string; readonly used: { readonly cpu: number; readonly memory: number } }

  for (const selector of [undefined, 'app=shodo-backend']) {
    it(`kubectl top pods${selector === undefined ? '' : ` -l ${selector}`}: every pod with both figures`, async function () {
      this.timeout(200_000)
      const context = { ...world.context(), namespace: 'shodo' }
      // metrics-server looks every 10 s, and has figures from its second look on.
      const { rows, pods, text } = await until(
        async () => {
          const seed = ['top', 'pods', '--no-headers', ...(selector === undefined ? [] : ['-l', selector])]
          const { code, stdout } = await kubectlIn(world.lab, 'shodo', ...seed)
          const seen = await workerHands(world.lab)['kubernetes.top']({ selector }, context)
          const facts = seen.facts as { pods: readonly Pod[]; withoutFigures: readonly string[] }
          const lines = stdout.split('\n').filter((line) => line !== '')
          const isWhole = code === 0 && lines.length > 0 && facts.withoutFigures.length === 0
          return isWhole && { rows: lines, pods: facts.pods, text: said(seen.text).en }
        },
        { what: 'figures of all pods', withinMs: 120_000, everyMs: 1_000 },
      )
      assert.equal(rows.length, pods.length)
      for (const row of rows) {
        const [, name = '', cpu, memory] = /^(\S+) +(\d+)m +(\d+)Mi *$/.exec(row) ?? []
        const own = pods.find((pod) => pod.name === name)
        assert.ok(own, row)
        // kubectl rounds to whole thousandths and mebibytes; between two looks of metrics-server the figures may move a little.
        assertNear(own.used.cpu * 1_000, Number(cpu), { by: 2, percent: 10 }, row)
        assertNear(own.used.memory / mebibyte, Number(memory), { by: 1 }, row)
        assert.match(said(text).en, new RegExp(`^${name} +\\d+m +`, 'm'))
      }
    })
  }
})
