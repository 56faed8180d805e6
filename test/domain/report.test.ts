import assert from 'node:assert/strict'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { report } from '../../domain/telling/report.ts'
import { bad, finding } from './incident/hands.ts'
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
    assert.deepEqual(lines.slice(0, 13), [
      '【インシデント報告】',
      '発生時刻: 2026-11-24 12:00 JST',
      '影響サービス: shodo-backend（訳）',
      '影響範囲: 一部機能',
      '現在の状態: 調査中',
      '推定復旧時刻: 12:40',
      '対応者: yamada',
      '次回更新: 12:30',
      '番号: shodo-42',
      `緊急度: ${world.state.severity} (${world.state.runbook.book.severities[world.state.severity].title.ja})`,
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

  it('says the risks, what people noted, and after the end when it was over and how long it took', () => {
    const world = new World({ dataLoss: true })
    world.command('note', yamada, { text: 'the disk of the primary is full\nsecond line' })
    world.wait(70 * 60_000)
    world.command('resolve', yamada, {})
    world.command('close', yamada, { waive: 'a drill' })
    const text = report(world.state, 'en', times(world))
    assert.match(text, /^Risks: possible data loss$/m)
    assert.match(text, /^Recovered: 2026-11-24 13:10 JST \(after 1h10m\)$/m)
    assert.match(text, /^State: resolved \(closed\)$/m)
    assert.match(text, /^Notes:\n- yamada: the disk of the primary is full second line\n$/m)
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
    assert.match(before.split('Next:')[1] ?? '', /- Roll back: .* \(waiting for approval\)/)
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
    assert.match(text.split('Done so far:')[1] ?? '', /- Called: Team lead/)
    assert.match(report(world.state, 'ja', times(world)), /実施済み対応:\n- .+を呼び出し\n/)
    assert.match(text, /^State: resolved$/m)
    assert.match(text, /^Next update: none$/m)
    assert.match(text.split('Next:')[1] ?? '', /- The post-mortem has a date/)
  })

  it('says how bad it may get, and nothing of that where nothing is feared', () => {
    const risks = (named: object, lang: 'ja' | 'en' = 'en') =>
      /^(?:Risks|リスク): (.*)$/m.exec(report(new World(named).state, lang, { localTime, now: noon }))?.[1]
    assert.equal(risks({}), undefined)
    assert.equal(risks({ breach: true }), 'suspected breach')
    assert.equal(risks({ dataLoss: true, breach: true }), 'possible data loss, suspected breach')
    assert.equal(risks({ dataLoss: true, breach: true }, 'ja'), 'データ損失リスク、侵害の疑い')
  })

  it('names the symptom of its own service, and the first eight findings', () => {
    const world = new World({ symptom: '5xx', severity: 'LOW' })
    const findings = Array.from({ length: 9 }, (_, i) => ({
      ...finding('crash-loop', `pod/${i}`),
      foundAt: '2026-11-24T03:00:00.000Z',
      seenBy: ['pods'],
      seenIn: 1,
    }))
    const state = { ...world.state, findings }
    const details = (lang: 'ja' | 'en', of: IncidentState = state) =>
      report(of, lang, times(world))
        .split(lang === 'ja' ? '詳細:\n' : 'Details:\n')[1]
        ?.split('\n\n')[0]
    assert.match(details('en') ?? '', /^The backend answers 502\nSymptom: 5xx\n- crash-loop at pod\/0\n/)
    assert.match(details('ja') ?? '', /\n症状: 5xx（訳）\n/)
    assert.equal(details('en')?.match(/^- /gm)?.length, 8)
    const { symptom: _, ...bare } = state
    assert.equal(details('en', { ...bare, findings: [] }), 'The backend answers 502')
    // Another service may have a symptom of that name.
    assert.equal(details('en', { ...state, service: 'frontend', findings: [] }), 'The backend answers 502')
  })

  it('lets what people wrote begin no section, and cuts long lists with their number', () => {
    const world = new World({ description: 'one\n \n  two', severity: 'LOW' })
    for (let i = 1; i <= 9; i += 1) world.command('note', yamada, { text: `note ${i}` })
    const text = report(world.state, 'en', times(world))
    assert.match(text, /^Details:\none\n {2}two\n$/m)
    assert.match(text, /^Notes:\n- yamada: note 2\n(?:- yamada: note [3-8]\n){6}- yamada: note 9\n\n/m)
    assert.doesNotMatch(text, /note 1$/m)
    const { afterwards } = world.state.runbook.book
    const many = Array.from({ length: 10 }, (_, i) => ({
      id: `i${i}`,
      title: { ja: `項目${i}`, en: `item ${i}` },
      required: true,
    }))
    const left = (count: number, lang: 'ja' | 'en') => {
      const book = {
        ...world.state.runbook.book,
        afterwards: [...afterwards.slice(1), ...many.slice(0, count)],
      }
      const state = { ...world.state, phase: 'resolved' as const, runbook: { ...world.state.runbook, book } }
      return report(state, lang, times(world)).split('\n').slice(-9)
    }
    assert.deepEqual(left(8, 'en').slice(-2), ['- item 6', '- item 7'])
    assert.deepEqual(left(9, 'en').slice(-2), ['- item 7', '- and 1 more'])
    assert.deepEqual(left(10, 'ja').slice(-2), ['- 項目7', '- 他 2 件'])
  })

  it('names the commander first and once, whoever else responds', () => {
    const world = new World({ severity: 'LOW' })
    const line = (lang: 'ja' | 'en') =>
      /^(?:Responders|対応者): (.*)$/m.exec(report(world.state, lang, times(world)))?.[1]
    assert.equal(line('en'), 'nobody yet')
    world.command('acknowledge', yamada, {})
    world.command('run', sato, { step: 'logs' })
    assert.equal(line('en'), 'yamada, sato')
    world.command('set-commander', yamada, { person: 'Sato' })
    assert.equal(line('en'), 'Sato, yamada')
    assert.equal(line('ja'), 'Sato、yamada')
  })

  it('says what was done: changes and how they ended, readings in one line, and never what is under way', () => {
    const world = new World({ symptom: '5xx', severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
    const done = (lang: 'ja' | 'en' = 'en') =>
      report(world.state, lang, times(world))
        .split(lang === 'ja' ? '実施済み対応:\n' : 'Done so far:\n')[1]
        ?.split('\n\n')[0]
    assert.equal(done(), '- none')
    world.command('run', sato, { step: 'rollback' })
    assert.equal(done(), '- none')
    world.allGoesWell()
    assert.equal(done(), '- Roll back: did rollback (verified)\n- Errors in the logs')
    world.command('run', sato, { step: 'restart' })
    world.answer('step/restart/plan', {
      type: 'stage-ended',
      run: 'restart',
      stage: 'plan',
      outcome: bad('forbidden'),
    })
    assert.match(done() ?? '', /\n- Rolling restart \(failed: [^\n]+\)\n- Errors in the logs$/)
    assert.match(done('ja') ?? '', /\n- Rolling restart（訳） \(失敗: /)
  })

  it('says what comes next: what is under way, else the wish to confirm, else untried steps and the next level', () => {
    const world = new World({ symptom: '5xx', severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
    const next = (lang: 'ja' | 'en' = 'en') =>
      report(world.state, lang, times(world)).split(lang === 'ja' ? '次の対応:\n' : 'Next:\n')[1]
    assert.equal(next(), '- Roll back\n- Rolling restart\n- Team lead')
    world.command('run', sato, { step: 'rollback' })
    assert.equal(next(), '- Roll back (planning)')
    world.allGoesWell((effect) => effect.key === 'step/rollback/run')
    assert.equal(next(), '- Roll back: change by rollback (running)')
    world.allGoesWell()
    assert.equal(world.state.resolutionProposed, true)
    assert.equal(next(), '- Confirm recovery')
    assert.equal(next('ja'), '- 復旧の確認')
    world.command('resolve', sato, {})
    assert.equal(next(), '- The post-mortem has a date')
    world.command('check', sato, { item: 'post-mortem' })
    assert.equal(next(), '- none')
    world.command('close', sato, {})
    assert.equal(next(), '- none')
    assert.equal(next('ja'), '- なし')
  })

  it('says when it was over only while it is, and how long it took, in both languages', () => {
    const world = new World({ severity: 'LOW' })
    const line = (lang: 'ja' | 'en' = 'en') =>
      /^(?:Recovered|復旧時刻): (.*)$/m.exec(report(world.state, lang, times(world)))?.[1]
    assert.equal(line(), undefined)
    world.wait(60_000)
    world.command('resolve', yamada, {})
    assert.equal(line(), '2026-11-24 12:01 JST (after 1m)')
    assert.equal(line('ja'), '2026-11-24 12:01 JST (所要 1m)')
    world.command('reopen', yamada, { reason: 'again' })
    assert.equal(line(), undefined)
  })
})
