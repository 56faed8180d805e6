import assert from 'node:assert/strict'
import fc from 'fast-check'
import { failure } from '../../../domain/failures.ts'
import type { EventData, IncidentEvent, IncidentEventType } from '../../../domain/incident/fold/events.ts'
import { present } from '../../../domain/present.ts'
import { sentence } from '../../../domain/telling/sentences.ts'
import { type Actor, type Lang, system } from '../../../domain/words.ts'
import { finding, reading } from '../incident/hands.ts'
import { live, lives } from '../incident/moves.ts'
import { person, sato, World } from '../incident/world.ts'

const langs: readonly Lang[] = ['ja', 'en']

describe('sentences', () => {
  it('tell every event of every life in one line, in both languages', () => {
    fc.assert(
      fc.property(lives, (life) => {
        for (const event of live(life).events) {
          for (const lang of langs) {
            const says = sentence(event, lang)
            assert.ok(says.length > 0 && !says.includes('\n'), `${event.type}: ${says}`)
            assert.doesNotMatch(says, /undefined|NaN|\[object/, event.type)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it('are Japanese in Japanese, and write moments as the surface does', () => {
    fc.assert(
      fc.property(lives, (life) => {
        for (const event of live(life).events) {
          const says = sentence(
            { ...event, data: unspoken(event.data) } as IncidentEvent,
            'ja',
            () => '14:03 JST',
          )
          assert.doesNotMatch(says, /[a-z]{2,}(?: [a-z]{2,})+/, event.type)
          assert.doesNotMatch(says, /\d{4}-\d\d-\d\dT/, event.type)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('cut what people wrote to a line, and no emoji in half', () => {
    const world = new World({ description: `${'🔥'.repeat(300)}\nsecond line` })
    const [declared] = world.events
    const says = sentence(declared ?? assert.fail(), 'en')
    assert.ok([...says].length < 220)
    assert.doesNotMatch(says, /[\ud800-\udbff](?![\udc00-\udfff])/)
  })

  it('count the pages of a level to a person, whatever each is about: a later reminder is no further attempt', () => {
    const world = new World({ severity: 'MEDIUM', symptom: 'handover', policy: { people: true } })
    world.allGoesWell(({ type }) => type === 'page')
    world.waitUntil('2:00')
    world.command('done', sato, { step: 'announce' })
    world.waitUntil('7:00')
    const reminders = world.events.filter(
      (event) => event.type === 'page-requested' && event.data.page.reason === 'to-do',
    )
    assert.deepEqual(
      reminders.map((event) => sentence(event, 'en')),
      ['paging tanaka via oncall (page 1 for team-lead)', 'paging tanaka via oncall (page 3 for team-lead)'],
    )
    assert.deepEqual(
      reminders.map((event) => sentence(event, 'ja')),
      [
        'tanaka へ oncall で連絡（team-lead の通算 1 回目）',
        'tanaka へ oncall で連絡（team-lead の通算 3 回目）',
      ],
    )
  })

  it('say how late a page was only when a person would notice', () => {
    const world = new World({ by: sato })
    world.outage(5 * 60_000 + 42_000)
    const escalated = world.events.find((event) => event.type === 'escalated') ?? assert.fail()
    assert.match(sentence(escalated, 'en'), /42s late/)
    assert.match(sentence(escalated, 'ja'), /42s 遅れ/)
  })

  /** What an event of noon says. */
  function says<T extends IncidentEventType>(
    type: T,
    data: EventData[T],
    by: Actor = sato,
    lang: Lang = 'en',
  ): string {
    const event = { seq: 1, at: '2026-11-24T12:00:00.000Z', type, by, data, hash: '' } as unknown
    return sentence(event as IncidentEvent, lang)
  }

  it('say that a second person agrees, and not that something became what it was', () => {
    const seconded = { severity: 'CRITICAL', was: 'CRITICAL' } as const
    assert.equal(says('severity-set', seconded), 'sato agrees to CRITICAL')
    assert.equal(says('severity-set', seconded, sato, 'ja'), 'sato が緊急度 CRITICAL に同意')
    assert.equal(says('severity-set', { ...seconded, was: 'HIGH' }), 'sato set the severity: HIGH → CRITICAL')
  })

  it('say why a step was withdrawn: its reason no longer holds, or the recovery failed before it began', () => {
    assert.match(says('step-withdrawn', { run: 'rollback' }), /its reason no longer holds$/)
    const begun = says('step-withdrawn', { run: 'recover-backend', recoveryFailed: true })
    assert.equal(begun, 'step recover-backend withdrawn: the automatic recovery failed before it began')
  })

  it('say what was declared, and the risks that were named', () => {
    const world = (risks: object, symptom?: string) => {
      const opened = new World({ ...risks, ...present({ symptom }) })
      return sentence(opened.events[0] ?? assert.fail(), 'en')
    }
    assert.equal(world({}), 'sato declared HIGH for backend: The backend answers 502')
    assert.equal(
      world({ dataLoss: true }, '5xx'),
      'sato declared HIGH for backend/5xx: The backend answers 502 (possible data loss)',
    )
    assert.match(world({ breach: true }), / \(suspected breach\)$/)
    assert.match(world({ dataLoss: true, breach: true }), / \(possible data loss, suspected breach\)$/)
    assert.equal(
      says('risk-set', { dataLoss: true, breach: false }),
      'sato set the risks: data loss yes, breach no',
    )
    assert.equal(
      says('risk-set', { dataLoss: false, breach: true }),
      'sato set the risks: data loss no, breach yes',
    )
  })

  it('count alerts, and how often they fired', () => {
    const news = { group: 'a', version: 1, severity: 'HIGH', clear: false } as const
    assert.equal(says('alerts-changed', { ...news, fired: 1, firing: 1 }), 'sato: 1 alert firing, fired once')
    assert.equal(
      says('alerts-changed', { ...news, fired: 3, firing: 2 }),
      'sato: 2 alerts firing, fired 3 times',
    )
    assert.equal(
      says('alerts-changed', { ...news, fired: 3, firing: 0, clear: true }),
      'sato: its alerts are clear (fired 3 times)',
    )
  })

  it('name who did it: people, alerts, and who is not verified', () => {
    assert.equal(
      says('acknowledged', {}, { kind: 'alert', id: 'am', verified: true }),
      'alert am acknowledged',
    )
    assert.equal(says('acknowledged', {}, person('aoki', false)), 'aoki (not verified) acknowledged')
    assert.equal(
      says('acknowledged', {}, { kind: 'alert', id: 'am', verified: false }),
      'alert am acknowledged',
    )
    assert.equal(says('acknowledged', {}, system), 'hikeshi acknowledged')
  })

  it('say who asked for a step, and why', () => {
    const title = { ja: '手順', en: 'Roll back' }
    const wanted = { run: 'rollback', step: 'rollback', kind: 'kubernetes.rollout-undo', title, params: {} }
    const because = { ja: '理由', en: 'a bad rollout' }
    assert.equal(
      says('step-requested', { ...wanted, origin: 'person' }),
      'sato requested step rollback (Roll back)',
    )
    assert.equal(
      says('step-requested', { ...wanted, origin: 'runbook', because }),
      'the runbook, on behalf of sato, requested step rollback (Roll back), because a bad rollout',
    )
    assert.equal(
      says('step-requested', { ...wanted, origin: 'runbook' }, system),
      'hikeshi requested step rollback (Roll back)',
    )
  })

  it('say what a picture and a reading brought', () => {
    const failed = { ok: false, failure: failure('no-answer', { target: 'x' }) } as const
    const well = { ok: true, reading: reading() } as const
    assert.equal(
      says('situation-taken', { number: 2, tookMs: 1_500, parts: { pods: well, events: well } }),
      'situation 2 taken in 2s, 2 parts',
    )
    assert.equal(
      says('situation-taken', {
        number: 2,
        tookMs: 900,
        parts: { pods: failed, events: well, more: failed },
      }),
      'situation 2 taken in 900ms, 3 parts; unknown: pods, more',
    )
    assert.equal(says('step-read', { run: 'logs', reading: reading() }), 'step logs read, nothing unusual')
    assert.equal(
      says('step-read', {
        run: 'logs',
        reading: reading(finding('crash-loop', 'a'), finding('oom-killed', 'b')),
      }),
      'step logs read: crash-loop at a; oom-killed at b',
    )
  })

  it('say what people are asked to agree to, how many of them, and how long', () => {
    const proposed = {
      run: 'rollback',
      plan: {
        target: 'deployment/shodo/shodo-backend',
        says: { ja: '戻す', en: 'back to 5d4f' },
        nothingToDo: false,
        change: null,
        before: null,
        pods: { ready: 1, notReady: 0, ofReady: 3 },
      },
      hash: '0123456789abcdef',
      risk: 'disruptive',
      expiresAt: '2026-11-24T12:30:00.000Z',
    } as const
    assert.equal(
      says('step-proposed', { ...proposed, approvals: 0 }),
      'step rollback proposed (disruptive, no approval needed): back to 5d4f [01234567]',
    )
    assert.equal(
      says('step-proposed', { ...proposed, approvals: 1 }),
      'step rollback proposed (disruptive, 1 approval within 30m): back to 5d4f [01234567]',
    )
    assert.match(says('step-proposed', { ...proposed, approvals: 2 }), /2 approvals within 30m/)
    const approved = { run: 'rollback', hash: '0123456789abcdef' }
    assert.equal(says('step-approved', { ...approved, lab: false }), 'sato approved step rollback [01234567]')
    assert.equal(
      says('step-approved', { ...approved, lab: true }),
      'sato approved step rollback [01234567] (lab mode)',
    )
    const started = (allowed: EventData['step-started']['allowed']) =>
      says('step-started', { run: 'rollback', hash: 'x', allowed })
    assert.equal(
      started({ policy: 'CRITICAL: reversible' }),
      'step rollback started (policy CRITICAL: reversible)',
    )
    const approval = { at: '', hash: 'x' }
    assert.equal(
      started({
        approvals: [
          { ...approval, person: 'kato', verified: true },
          { ...approval, person: 'aoki', verified: false },
        ],
      }),
      'step rollback started (approved by kato, aoki (not verified))',
    )
  })

  it('say how a step ended, at which attempt, and what stands after a failure', () => {
    const done = (attempt: number, already: boolean) =>
      says('step-done', {
        run: 'scale',
        done: { says: { ja: '8', en: '8 replicas' }, already, after: null },
        attempt,
      })
    assert.equal(done(1, false), 'step scale done: 8 replicas')
    assert.equal(done(1, true), 'step scale done: 8 replicas (already in that state)')
    assert.equal(done(2, false), 'step scale done: 8 replicas (attempt 2)')
    assert.equal(done(2, true), 'step scale done: 8 replicas (attempt 2, already done by an earlier attempt)')
    const verified = { ok: true, says: { ja: '良', en: 'all Ready' }, facts: null }
    assert.equal(says('step-verified', { run: 'scale', verified }), 'step scale verified: all Ready')
    assert.equal(
      says('step-verified', { run: 'scale', verified, health: reading() }),
      'step scale verified: all Ready, the service is healthy',
    )
    const why = failure('no-answer', { target: 'pods' })
    for (const [stage, changed, told] of [
      ['plan', 'nothing', /^step scale failed to plan \(nothing was changed\): HK601 /],
      ['run', 'unknown', /^step scale failed to run \(unknown what was changed\): HK601 /],
      ['health', 'done', /^step scale failed to restore the service \(the change was made\): HK601 /],
    ] as const)
      assert.match(says('step-failed', { run: 'scale', stage, failure: why, changed }), told)
  })

  it('say how an emergency recovery went', () => {
    assert.equal(
      says('recovery-started', { steps: ['a', 'b'], until: '2026-11-24T12:00:30.000Z' }),
      'automatic recovery started: a, b; 30s to succeed',
    )
    const text = (en: string) => ({ ja: `${en}（訳）`, en })
    assert.equal(
      says('recovery-failed', { tried: [text('a'), text('b')], why: [text('c'), text('d')] }),
      'automatic recovery failed: c; d. Tried: a; b',
    )
    assert.equal(
      says('recovery-failed', { tried: [], why: [text('c')] }),
      'automatic recovery failed: c. Tried: nothing',
    )
  })

  it('say how a page, an archive run and the incident ended', () => {
    const sent = { key: 'k', due: '', sent: '' }
    assert.equal(says('page-sent', { ...sent, lateMs: 999, mayBeRepeat: false }), 'page k sent')
    assert.equal(
      says('page-sent', { ...sent, lateMs: 1_000, mayBeRepeat: true }),
      'page k sent, 1s late; the same key may have gone out before',
    )
    const archived = (result: EventData['archived']['result']) =>
      says('archived', { run: 2, runId: 'r', result })
    assert.equal(archived({ kept: true, files: [] }), 'run 2 archived')
    assert.equal(archived(null), 'run 2 archived')
    assert.equal(archived({ kept: false }), 'run 2 was not archived: the worker has no HIKESHI_ARCHIVE')
    assert.equal(
      archived({ kept: true, files: ['run-0002.b'] }),
      'run 2 archived as run-0002.b, because its own name is taken',
    )
    assert.match(
      archived({ failure: failure('internal', { where: 'x' }) }),
      /^run 2 was not archived: HK901 /,
    )
    assert.equal(says('closed', {}), 'sato closed it')
    assert.equal(
      says('closed', { waived: ['a', 'b'], reason: 'a drill' }),
      'sato closed it, without a, b: a drill',
    )
    assert.equal(says('closed', { later: ['a', 'b'] }), 'sato closed it; left for later: a, b')
    assert.equal(says('afterwards-lapsed', { items: ['a', 'b'] }), 'not done in time: a, b')
    assert.equal(says('frozen', { on: true }), 'sato froze all automation')
    assert.equal(says('frozen', { on: false }), 'sato unfroze all automation')
  })

  it('say the same in Japanese, with all that depends on the case', () => {
    const ja = <T extends IncidentEventType>(type: T, data: EventData[T], by: Actor = sato) =>
      says(type, data, by, 'ja')
    const news = { group: 'a', version: 1, severity: 'HIGH', fired: 3 } as const
    assert.match(
      ja('alerts-changed', { ...news, firing: 2, clear: false }),
      /発火中のアラート 2 件（発火 3 回）$/,
    )
    assert.match(ja('alerts-changed', { ...news, firing: 0, clear: true }), /すべて解消（発火 3 回）$/)
    assert.equal(ja('acknowledged', {}, { kind: 'alert', id: 'am', verified: true }), 'アラート am が確認')
    assert.equal(ja('acknowledged', {}, person('aoki', false)), 'aoki（本人確認なし） が確認')
    assert.match(ja('risk-set', { dataLoss: true, breach: false }), /データ損失 あり、侵害の疑い なし$/)
    assert.match(ja('risk-set', { dataLoss: false, breach: true }), /データ損失 なし、侵害の疑い あり$/)
    const failed = { ok: false, failure: failure('no-answer', { target: 'x' }) } as const
    const well = { ok: true, reading: reading() } as const
    const taken = (parts: EventData['situation-taken']['parts']) =>
      ja('situation-taken', { number: 2, tookMs: 900, parts })
    assert.equal(taken({ events: well }), '状況 2 を 900ms で取得（1 項目）')
    assert.equal(taken({ pods: failed, events: well }), '状況 2 を 900ms で取得（2 項目）。不明: pods')
    const wanted = { run: 'a', step: 'a', kind: 'kubernetes.scale', params: {}, title: { ja: '題', en: 'A' } }
    const because = { ja: '理由', en: 'why' }
    assert.equal(ja('step-requested', { ...wanted, origin: 'person' }), 'sato が手順 a「題」を依頼')
    assert.equal(
      ja('step-requested', { ...wanted, origin: 'runbook', because }),
      'Runbook が sato の代理で手順 a「題」を依頼（理由: 理由）',
    )
    assert.equal(ja('step-read', { run: 'a', reading: reading() }), '手順 a 取得完了（異常なし）')
    assert.match(ja('step-read', { run: 'a', reading: reading(finding('crash-loop')) }), /完了: crash-loop/)
    const plan = {
      target: 't',
      says: { ja: '計画', en: 'plan' },
      nothingToDo: false,
      change: null,
      before: null,
      pods: { ready: 1, notReady: 0, ofReady: 3 },
    }
    const proposed = { run: 'a', plan, hash: '0123456789', risk: 'disruptive' } as const
    const expiresAt = '2026-11-24T12:30:00.000Z'
    assert.equal(
      ja('step-proposed', { ...proposed, expiresAt, approvals: 0 }),
      '手順 a を提案（影響あり、承認不要）: 計画 [01234567]',
    )
    assert.equal(
      ja('step-proposed', { ...proposed, expiresAt, approvals: 2 }),
      '手順 a を提案（影響あり、承認 2 人・期限 30m）: 計画 [01234567]',
    )
    const approved = { run: 'a', hash: '0123456789' }
    assert.match(ja('step-approved', { ...approved, lab: true }), /\[01234567\]（ラボモード）$/)
    assert.match(ja('step-approved', { ...approved, lab: false }), /\[01234567\]$/)
    const allowed = { approvals: [{ person: 'aoki', verified: false, at: '', hash: 'x' }] }
    assert.equal(
      ja('step-started', { run: 'a', hash: 'x', allowed }),
      '手順 a を開始（承認: aoki（本人確認なし））',
    )
    const done = (attempt: number, already: boolean) =>
      ja('step-done', { run: 'a', done: { says: { ja: '済', en: 'x' }, already, after: null }, attempt })
    assert.deepEqual(
      [done(1, false), done(1, true), done(2, false), done(2, true)],
      ['', '（すでに実施済みの状態）', '（2 回目）', '（2 回目、前回の実施を確認）'].map(
        (end) => `手順 a 完了: 済${end}`,
      ),
    )
    const verified = { ok: true, says: { ja: '良', en: 'x' }, facts: null }
    assert.equal(ja('step-verified', { run: 'a', verified }), '手順 a 確認済み: 良')
    assert.match(ja('step-verified', { run: 'a', verified, health: reading() }), /良、サービスは正常に応答$/)
    const until = '2026-11-24T12:00:30.000Z'
    assert.equal(ja('recovery-started', { steps: ['a', 'b'], until }), '自動復旧を開始: a、b（制限 30s）')
    assert.match(ja('recovery-failed', { tried: [], why: [because] }), /失敗: 理由。実施: なし$/)
    assert.match(ja('recovery-failed', { tried: [because, because], why: [because] }), /実施: 理由、理由$/)
    const sent = { key: 'k', due: '', sent: '' }
    assert.equal(ja('page-sent', { ...sent, lateMs: 999, mayBeRepeat: false }), '連絡 k 送信済み')
    assert.equal(
      ja('page-sent', { ...sent, lateMs: 1_000, mayBeRepeat: true }),
      '連絡 k 送信済み（1s 遅れ）（同じキーで送信済みの可能性あり）',
    )
    assert.equal(ja('closed', {}), 'sato が終了')
    assert.equal(ja('closed', { waived: ['a'], reason: '訓練' }), 'sato が終了（未完了: a、理由: 訓練）')
    assert.equal(ja('closed', { later: ['a', 'b'] }), 'sato が終了（後で実施: a、b）')
    assert.equal(ja('afterwards-lapsed', { items: ['a', 'b'] }), '期限までに未実施: a、b')
    assert.equal(ja('frozen', { on: true }), 'sato が自動化を凍結')
    assert.equal(ja('frozen', { on: false }), 'sato が自動化を再開')
  })

  it('quote up to 160 characters of what people wrote, and mark what is left out', () => {
    const noted = (text: string) => says('noted', { text })
    assert.equal(noted('a'.repeat(160)), `sato: ${'a'.repeat(160)}`)
    assert.equal(noted('a'.repeat(161)), `sato: ${'a'.repeat(159)}…`)
    // An emoji is one character, though two units long.
    assert.equal(noted('🔥'.repeat(160)), `sato: ${'🔥'.repeat(160)}`)
    assert.equal(noted('🔥'.repeat(161)), `sato: ${'🔥'.repeat(159)}…`)
    assert.equal(noted('  one\n\ttwo  '), 'sato: one two')
  })

  it('name an event of a later release rather than hide it', () => {
    const later = {
      seq: 1,
      at: '',
      type: 'teleported',
      by: sato,
      data: {},
      hash: '',
    } as unknown as IncidentEvent
    assert.equal(sentence(later, 'en'), '(teleported)')
  })
})

/** What people and programs said stands in it as they said it: a mark in its place, so that only our own words are left. */
function unspoken(data: unknown): unknown {
  if (typeof data === 'string') return data.includes(' ') ? '…' : data
  if (data === null || typeof data !== 'object') return data
  if (Array.isArray(data)) return data.map(unspoken)
  return Object.fromEntries(Object.entries(data).map(([key, member]) => [key, unspoken(member)]))
}
