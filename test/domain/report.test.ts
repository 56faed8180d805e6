import assert from 'node:assert/strict'
import { report } from '../../domain/incident/report.ts'
import { noon, sato, World, yamada } from './incident/world.ts'

/** Tokyo without Intl: what the edge hands in. */
const localTime = (ms: number) =>
  `${new Date(ms + 9 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')} JST`
const times = (world: World) => ({ localTime, now: world.now })

describe('the incident report', () => {
  it('is the template of the runbook, line by line, filled in from the state', () => {
    const world = new World({ symptom: '5xx', description: '注文APIが500を返す', by: sato })
    world.command('acknowledge', yamada, {})
    world.command('set-impact', yamada, { impact: 'part' })
    world.command('set-eta', yamada, { eta: '2026-11-24T03:40:00.000Z' })
    const lines = report(world.state, 'ja', times(world)).split('\n')
    assert.deepEqual(lines.slice(0, 11), [
      '【インシデント報告】',
      '発生時刻: 2026-11-24 12:00 JST',
      '影響サービス: shodo-backend（訳）',
      '影響範囲: 一部機能',
      '現在の状態: 調査中',
      '推定復旧時刻: 12:40',
      '対応者: yamada',
      '次回更新: 12:30',
      '',
      '詳細:',
      '注文APIが500を返す',
    ])
    assert.ok(lines.includes('実施済み対応:') && lines.includes('次の対応:'))
  })

  it('says what is not known yet instead of leaving the place empty', () => {
    const text = report(new World().state, 'ja', { localTime, now: noon })
    for (const line of ['影響範囲: 確認中', '推定復旧時刻: 未定', '対応者: 未定'])
      assert.ok(text.includes(line), line)
    assert.match(text, /実施済み対応:\n- なし\n/)
  })

  it('counts the next update from the last thing that people were told', () => {
    const world = new World()
    world.wait(10 * 60_000)
    world.command('note', yamada, { text: '調査を続けています' })
    assert.match(report(world.state, 'ja', times(world)), /^次回更新: 12:40$/m)
  })

  it('writes a time on another day with its date', () => {
    const world = new World()
    world.command('set-eta', yamada, { eta: '2026-11-24T16:00:00.000Z' })
    assert.match(report(world.state, 'ja', times(world)), /^推定復旧時刻: 2026-11-25 01:00$/m)
  })

  it('moves a step from next to done, and says how it ended', () => {
    const world = new World({ symptom: '5xx' })
    world.command('run', sato, { step: 'rollback' })
    world.allGoesWell()
    const before = report(world.state, 'en', times(world))
    assert.match(before.split('Next:')[1] ?? '', /- Roll back: .* \(waits for approval\)/)
    world.command('approve', yamada, { step: 'rollback', hash: world.step('rollback').hash ?? '' })
    world.allGoesWell()
    const after = report(world.state, 'en', times(world))
    assert.match(after.split('Done so far:')[1]?.split('Next:')[0] ?? '', /- Roll back: .*\(verified\)/)
    assert.match(after, /^State: mitigating$/m)
  })

  it('names whoever was called, and after the end what is left to check', () => {
    const world = new World()
    world.wait(6 * 60_000)
    world.command('resolve', yamada, {})
    const text = report(world.state, 'en', times(world))
    assert.match(text.split('Done so far:')[1] ?? '', /- Team lead/)
    assert.match(text, /^State: resolved$/m)
    assert.match(text, /^Next update: none$/m)
    assert.match(text.split('Next:')[1] ?? '', /- The post-mortem has a date/)
  })
})
