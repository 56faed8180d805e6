/** The timeline in words: one line per event, the same on every surface. How a moment is written is the edge's, which knows the zone. */
import { counted } from '../counted.ts'
import { showDuration } from '../duration.ts'
import { explain, inUtc, type WriteMoment } from '../failures.ts'
import type { EventData, IncidentEvent, IncidentEventType } from '../incident/fold/events.ts'
import { systemTitles } from '../runbook/connections-used.ts'
import { impactTitles, phaseTitles, proofTitles, reasonTitles, riskTitles } from '../titles.ts'
import { type Lang, said, system, type Text } from '../words.ts'
import {
  again,
  changes,
  late,
  named,
  quote,
  risks,
  stages,
  subject,
  unanswered,
  who,
  whole,
} from './parts.ts'
import { archivedAs, logsKept, logsNotKept } from './put-away.ts'

/** `at`: when the event happened, ISO 8601. */
type Teller<T extends IncidentEventType> = (
  data: EventData[T],
  by: string,
  at: string,
  writeMoment: WriteMoment,
) => Text

const times = (count: number) => (count === 1 ? 'once' : counted(count, 'time'))

/** A step that the runbook proposes is asked for by whoever declared: they may not approve it, and never typed it either. */
const askedBy = ({ origin }: EventData['step-requested'], by: string): Text =>
  origin === 'runbook' && by !== system.id
    ? { en: `the runbook, on behalf of ${by},`, ja: `Runbook が ${by} の代理で` }
    : { en: by, ja: `${by} が` }

const tellers: { readonly [T in IncidentEventType]: Teller<T> } = {
  declared: (d, by) => ({
    en: `${by} declared ${d.severity} for ${subject(d)}: ${quote(d.description)}${risks(d).en}`,
    ja: `${by} が宣言: ${d.severity} ${subject(d)}「${quote(d.description)}」${risks(d).ja}`,
  }),
  reported: ({ declaration: d }, by) => ({
    en: `${by} reported the same problem (${d.severity} ${subject(d)}): ${quote(d.description)}${risks(d).en}`,
    ja: `${by} から同じ障害の報告（${d.severity} ${subject(d)}）「${quote(d.description)}」${risks(d).ja}`,
  }),
  'alerts-changed': ({ fired, firing, clear }, by) => ({
    en: clear
      ? `${by}: its alerts are clear (fired ${times(fired)})`
      : `${by}: ${counted(firing, 'alert')} firing, fired ${times(fired)}`,
    ja: clear
      ? `${by}: アラートはすべて解消（発火 ${fired} 回）`
      : `${by}: 発火中のアラート ${firing} 件（発火 ${fired} 回）`,
  }),
  acknowledged: (_, by) => ({ en: `${by} acknowledged`, ja: `${by} が確認` }),
  'acknowledgement-lapsed': () => ({
    en: 'the acknowledgement lapsed: nobody has done anything since',
    ja: '確認が失効（その後の対応なし）',
  }),
  noted: ({ text }, by) => ({ en: `${by}: ${quote(text)}`, ja: `${by}: ${quote(text)}` }),
  // A second person stands behind what one alone had set.
  'severity-set': ({ severity, was }, by) =>
    severity === was
      ? { en: `${by} agrees to ${severity}`, ja: `${by} が緊急度 ${severity} に同意` }
      : {
          en: `${by} set the severity: ${was} → ${severity}`,
          ja: `${by} が緊急度を変更: ${was} → ${severity}`,
        },
  'impact-set': ({ impact }, by) => ({
    en: `${by} set the impact: ${impactTitles[impact].en}`,
    ja: `${by} が影響範囲を設定: ${impactTitles[impact].ja}`,
  }),
  'eta-set': ({ eta }, by, _, writeMoment) => ({
    en: `${by} expects recovery at ${writeMoment(Date.parse(eta))}`,
    ja: `${by} が推定復旧時刻を設定: ${writeMoment(Date.parse(eta))}`,
  }),
  'commander-set': ({ person }, by) => ({
    en: `${by} made ${quote(person)} commander`,
    ja: `${by} が指揮者を設定: ${quote(person)}`,
  }),
  'symptom-set': ({ symptom }, by) => ({
    en: `${by} set the symptom: ${symptom}`,
    ja: `${by} が症状を設定: ${symptom}`,
  }),
  'risk-set': (d, by) => ({
    en: `${by} set the risks: data loss ${d.dataLoss ? 'yes' : 'no'}, breach ${d.breach ? 'yes' : 'no'}`,
    ja: `${by} がリスクを設定: データ損失 ${d.dataLoss ? 'あり' : 'なし'}、侵害の疑い ${d.breach ? 'あり' : 'なし'}`,
  }),
  checked: ({ item, proof }, by) =>
    proof === undefined
      ? { en: `${by} checked "${item}"`, ja: `${by} がチェック:「${item}」` }
      : {
          en: `"${item}" is done: ${proofTitles[proof].en}`,
          ja: `「${item}」完了（${proofTitles[proof].ja}）`,
        },
  unchecked: ({ item, proof }) => ({
    en: `"${item}" is open again: no longer ${proofTitles[proof].en}`,
    ja: `「${item}」は未完了に戻りました（「${proofTitles[proof].ja}」でなくなったため）`,
  }),
  'phase-changed': ({ from, to }) => ({
    en: `phase: ${phaseTitles[from].en} → ${phaseTitles[to].en}`,
    ja: `状態: ${phaseTitles[from].ja} → ${phaseTitles[to].ja}`,
  }),

  'situation-requested': ({ number }, by) => ({
    en: `${by} requested situation ${number}`,
    ja: `${by} が状況 ${number} の取得を依頼`,
  }),
  'situation-taken': ({ number, tookMs, parts }) => {
    const unknown = unanswered(parts)
    return {
      en: `situation ${number} taken in ${showDuration(tookMs)}, ${Object.keys(parts).length} parts${unknown === '' ? '' : `; unknown: ${unknown}`}`,
      ja: `状況 ${number} を ${showDuration(tookMs)} で取得（${Object.keys(parts).length} 項目）${unknown === '' ? '' : `。不明: ${unknown}`}`,
    }
  },
  found: ({ finding }) => ({ en: `found: ${quote(finding.says.en)}`, ja: `検出: ${quote(finding.says.ja)}` }),
  'findings-gone': ({ findings }) => ({
    en: `gone: ${quote(findings.map(({ says }) => says.en).join('; '))}`,
    ja: `解消: ${quote(findings.map(({ says }) => says.ja).join('、'))}`,
  }),

  'step-requested': (d, by) => ({
    en: `${askedBy(d, by).en} requested step ${d.run} (${quote(d.title.en)})${d.because === undefined ? '' : `, because ${quote(d.because.en)}`}`,
    ja: `${askedBy(d, by).ja}手順 ${d.run}「${quote(d.title.ja)}」を依頼${d.because === undefined ? '' : `（理由: ${quote(d.because.ja)}）`}`,
  }),
  'step-carried-out': ({ run, saw }, by) => ({
    en: `${by} did step ${run}${saw === undefined ? '' : `: ${quote(saw)}`}`,
    ja: `${by} が手順 ${run} を実施${saw === undefined ? '' : `: ${quote(saw)}`}`,
  }),
  'step-decided': ({ run, option, reason }, by) => ({
    en: `${by} decided ${run}: ${option}, because ${quote(reason)}`,
    ja: `${by} が ${run} で ${option} を選択（理由: ${quote(reason)}）`,
  }),
  'step-skipped': ({ run, title, reason }, by) => ({
    en: `${by} skipped step ${run} (${quote(title.en)}): ${quote(reason)}`,
    ja: `${by} が手順 ${run}「${quote(title.ja)}」を省略: ${quote(reason)}`,
  }),
  'step-retried': ({ run, by: next }, by) => ({
    en: `${by} retries step ${run} as ${next}`,
    ja: `${by} が手順 ${run} を ${next} として再実行`,
  }),
  'step-read': ({ run, reading }) => ({
    en: `step ${run} read${reading.findings.length === 0 ? ', nothing unusual' : `: ${quote(reading.findings.map((f) => f.says.en).join('; '))}`}`,
    ja: `手順 ${run} 取得完了${reading.findings.length === 0 ? '（異常なし）' : `: ${quote(reading.findings.map((f) => f.says.ja).join('、'))}`}`,
  }),
  'step-proposed': (d, _, at) => ({
    en: `step ${d.run} proposed (${riskTitles[d.risk].en}, ${d.approvals === 0 ? 'no approval needed' : `${counted(d.approvals, 'approval')} within ${showDuration(Date.parse(d.expiresAt) - Date.parse(at))}`}): ${whole(d.plan.says.en)} [${d.hash.slice(0, 8)}]`,
    ja: `手順 ${d.run} を提案（${riskTitles[d.risk].ja}、${d.approvals === 0 ? '承認不要' : `承認 ${d.approvals} 人・期限 ${showDuration(Date.parse(d.expiresAt) - Date.parse(at))}`}）: ${whole(d.plan.says.ja)} [${d.hash.slice(0, 8)}]`,
  }),
  'step-approved': ({ run, hash, lab }, by) => ({
    en: `${by} approved step ${run} [${hash.slice(0, 8)}]${lab ? ' (lab mode)' : ''}`,
    ja: `${by} が手順 ${run} を承認 [${hash.slice(0, 8)}]${lab ? '（ラボモード）' : ''}`,
  }),
  'step-rejected': ({ run, reason }, by) => ({
    en: `${by} rejected step ${run}: ${quote(reason)}`,
    ja: `${by} が手順 ${run} を却下: ${quote(reason)}`,
  }),
  'step-expired': ({ run }) => ({
    en: `step ${run} expired without being started`,
    ja: `手順 ${run} は実行されず期限切れ`,
  }),
  'step-left-out': ({ run, system }) => ({
    en: `step ${run} left out: this cluster has no ${systemTitles[system]} connection`,
    ja: `手順 ${run} は対象外: このクラスターには ${systemTitles[system]} の接続先なし`,
  }),
  'step-withdrawn': ({ run, recoveryFailed, after }) => {
    if (after !== undefined)
      return {
        en: `step ${run} withdrawn: ${after}, which it comes after, is asked again`,
        ja: `手順 ${run} を取り下げ（前提の ${after} をやり直すため）`,
      }
    return {
      en: `step ${run} withdrawn: ${recoveryFailed ? 'the automatic recovery failed before it began' : 'its reason no longer holds'}`,
      ja: `手順 ${run} を取り下げ（${recoveryFailed ? '開始前に自動復旧が失敗' : '理由が解消'}）`,
    }
  },
  'step-started': ({ run, allowed }) => {
    if ('policy' in allowed)
      return {
        en: `step ${run} started (policy ${quote(allowed.policy)})`,
        ja: `手順 ${run} を開始（方針: ${quote(allowed.policy)}）`,
      }
    const people = (lang: Lang) =>
      quote(allowed.approvals.map((a) => named(a.person, a.verified, lang)).join(', '))
    return {
      en: `step ${run} started (approved by ${people('en')})`,
      ja: `手順 ${run} を開始（承認: ${people('ja')}）`,
    }
  },
  'step-done': ({ run, done, attempt }) => ({
    en: `step ${run} done: ${whole(done.says.en)}${again(attempt, done.already).en}`,
    ja: `手順 ${run} 完了: ${whole(done.says.ja)}${again(attempt, done.already).ja}`,
  }),
  'step-settled': ({ run, verified }) => ({
    en: `step ${run} took effect: ${quote(verified.says.en)}`,
    ja: `手順 ${run} 反映済み: ${quote(verified.says.ja)}`,
  }),
  'step-verified': ({ run, verified, health }) => ({
    en: `step ${run} verified: ${quote(verified.says.en)}${health === undefined ? '' : ', the service is healthy'}`,
    ja: `手順 ${run} 確認済み: ${quote(verified.says.ja)}${health === undefined ? '' : '、サービスは正常に応答'}`,
  }),
  'step-failed': ({ run, stage, failure, changed }, _by, _at, writeMoment) => ({
    en: `step ${run} failed ${stages[stage].en} (${changes[changed].en}): ${failure.code} ${whole(explain(failure, 'en', writeMoment).what)}`,
    ja: `手順 ${run} 失敗（${stages[stage].ja}、${changes[changed].ja}）: ${failure.code} ${whole(explain(failure, 'ja', writeMoment).what)}`,
  }),
  'step-going-on': ({ run, failure }) => ({
    en: `step ${run} done, still taking effect: ${failure.code} ${quote(explain(failure, 'en').what)}`,
    ja: `手順 ${run} 実行済み、反映中: ${failure.code} ${quote(explain(failure, 'ja').what)}`,
  }),
  'verification-requested': ({ run }, by) => ({
    en: `${by} asked to verify step ${run} again`,
    ja: `${by} が手順 ${run} の反映の再確認を依頼`,
  }),
  undone: ({ run, by: step }) => ({
    en: `step ${run} undone by ${step}`,
    ja: `手順 ${run} を ${step} で元に戻した`,
  }),

  'recovery-started': ({ steps, until }, _, at) => ({
    en: `automatic recovery started: ${steps.join(', ')}; ${showDuration(Date.parse(until) - Date.parse(at))} to succeed`,
    ja: `自動復旧を開始: ${steps.join('、')}（制限 ${showDuration(Date.parse(until) - Date.parse(at))}）`,
  }),
  'recovery-continued': ({ steps }) => ({
    en: `automatic recovery continues with ${steps.join(', ')}`,
    ja: `自動復旧を続行: ${steps.join(', ')}`,
  }),
  'recovery-verified': ({ tookMs }) => ({
    en: `automatic recovery verified after ${showDuration(tookMs)}: every service is healthy`,
    ja: `自動復旧を確認（${showDuration(tookMs)}）: 全サービスが正常に応答`,
  }),
  'recovery-failed': ({ tried, why }) => ({
    en: `automatic recovery failed: ${quote(why.map(({ en }) => en).join('; '))}. Tried: ${quote(tried.map(({ en }) => en).join('; ') || 'nothing')}`,
    ja: `自動復旧に失敗: ${quote(why.map(({ ja }) => ja).join('、'))}。実施: ${quote(tried.map(({ ja }) => ja).join('、') || 'なし')}`,
  }),
  'resolution-proposed': ({ because }) => ({
    en: `this looks recovered (${quote(because.en)}); resolve it if you agree`,
    ja: `復旧したようです（${quote(because.ja)}）。確認して resolve してください`,
  }),

  escalated: ({ level, reason, lateMs }, by) => ({
    en: `${by} called ${level}: ${reasonTitles[reason].en}${late(lateMs).en}`,
    ja: `${level} を呼び出し（${by}、${reasonTitles[reason].ja}）${late(lateMs).ja}`,
  }),
  notified: ({ message, people }, by) => ({
    en: `${by} told ${people.join(', ')}: ${quote(message)}`,
    ja: `${by} から ${people.join('、')} へ連絡: ${quote(message)}`,
  }),
  'page-requested': ({ page }) => ({
    en: `paging ${page.person} via ${page.channel} (page ${page.attempt} for ${page.level})`,
    ja: `${page.person} へ ${page.channel} で連絡（${page.level} の通算 ${page.attempt} 回目）`,
  }),
  'page-sent': ({ key, lateMs, mayBeRepeat }) => ({
    en: `page ${key} sent${late(lateMs).en}${mayBeRepeat ? '; the same key may have gone out before' : ''}`,
    ja: `連絡 ${key} 送信済み${late(lateMs).ja}${mayBeRepeat ? '（同じキーで送信済みの可能性あり）' : ''}`,
  }),
  'page-failed': ({ key, failure }, _by, _at, writeMoment) => ({
    en: `page ${key} failed: ${failure.code} ${quote(explain(failure, 'en', writeMoment).what)}`,
    ja: `連絡 ${key} 失敗: ${failure.code} ${quote(explain(failure, 'ja', writeMoment).what)}`,
  }),
  'page-cancelled': ({ key }) => ({
    en: `page ${key} cancelled: no longer needed`,
    ja: `連絡 ${key} は不要になり取り消し`,
  }),

  resolved: (_, by) => ({ en: `${by} declared it resolved`, ja: `${by} が復旧を宣言` }),
  reopened: ({ reason }, by) => ({
    en: `${by} reopened it: ${quote(said(reason).en)}`,
    ja: `${by} が再開: ${quote(said(reason).ja)}`,
  }),
  closed: ({ waived = [], reason = '', later = [] }, by) => ({
    en: `${by} closed it${waived.length === 0 ? '' : `, without ${quote(waived.join(', '))}: ${quote(reason)}`}${later.length === 0 ? '' : `; left for later: ${quote(later.join(', '))}`}`,
    ja: `${by} が終了${waived.length === 0 ? '' : `（未完了: ${quote(waived.join('、'))}、理由: ${quote(reason)}）`}${later.length === 0 ? '' : `（後で実施: ${quote(later.join('、'))}）`}`,
  }),
  'afterwards-lapsed': ({ items }) => ({
    en: `not done in time: ${quote(items.join(', '))}`,
    ja: `期限までに未実施: ${quote(items.join('、'))}`,
  }),
  cancelled: ({ reason }, by) => ({
    en: `${by} cancelled it: ${quote(reason)}`,
    ja: `${by} が取り消し: ${quote(reason)}`,
  }),
  frozen: ({ on }, by) => ({
    en: `${by} ${on ? 'froze' : 'unfroze'} all automation`,
    ja: `${by} が自動化を${on ? '凍結' : '再開'}`,
  }),
  'signal-refused': ({ signal, failure }, by, _, writeMoment) => ({
    en: `refused the signal "${quote(signal)}" from ${by}: ${failure.code} ${quote(explain(failure, 'en', writeMoment).what)}`,
    ja: `${by} のシグナル「${quote(signal)}」を拒否: ${failure.code} ${quote(explain(failure, 'ja', writeMoment).what)}`,
  }),
  'internal-error': ({ where, reason }) => ({
    en: `internal error in ${quote(where)}: ${quote(said(reason).en)}`,
    ja: `内部エラー（${quote(where)}）: ${quote(said(reason).ja)}`,
  }),
  'cancel-refused': () => ({
    en: 'somebody asked Temporal to cancel the workflow; it runs until people end the incident',
    ja: 'Temporal にワークフローの取り消しが要求されましたが、処理は継続します',
  }),
  archived: ({ run, result }) => archivedAs(run, result),
  continued: ({ run }) => ({ en: `continues in run ${run}`, ja: `実行 ${run} で継続` }),
  'logs-kept': (data) => ('kept' in data ? logsKept(data.kept) : logsNotKept(data.failure)),
}

/** The event in one line. An event of a later release than ours is named, never hidden. */
export function sentence(event: IncidentEvent, lang: Lang, writeMoment: WriteMoment = inUtc): string {
  if (!Object.hasOwn(tellers, event.type)) return `(${event.type})`
  const tell = tellers[event.type] as Teller<never>
  return tell(event.data as never, who(event.by, lang), event.at, writeMoment)[lang]
}
