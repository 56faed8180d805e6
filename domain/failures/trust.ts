import { beforeAnything, entry } from './entry.ts'

/** HK34x and HK35x: what a worker or a desk does not believe, or not do without people. */
export const trustFailures = {
  'not-served': entry(
    'HK340',
    4,
    false,
    {
      en: 'This worker does not serve {what}; it serves {own}.',
      ja: 'このワーカーは {what} を扱いません（担当: {own}）。',
    },
    {
      en: "Check the runbook, or the worker's policy (docs/settings.md).",
      ja: 'Runbook、またはワーカーのポリシーを確認してください（docs/settings.md）。',
    },
    beforeAnything,
  ),
  'approvals-missing': entry(
    'HK341',
    4,
    false,
    {
      en: 'Step "{step}" is {risk}: it needs {needed} approval(s) that the worker can verify, from different people other than the requester. It has {given}.',
      ja: '手順「{step}」のリスクは {risk} です。ワーカーが確認できた承認は {given} 人分です（依頼者以外の {needed} 人が必要）。',
    },
    {
      en: "Approve through the API, which signs approvals; HIKESHI_ATTESTATION_KEY must match the worker's public keys.",
      ja: '署名を付ける API から承認してください。HIKESHI_ATTESTATION_KEY とワーカーの公開鍵が対応していることも確認してください。',
    },
    beforeAnything,
  ),
  'approval-expired': entry(
    'HK342',
    4,
    false,
    {
      en: 'The approvals of step "{step}" expired at {at}; nothing was done.',
      ja: '手順「{step}」の承認は {at} に失効しました。何も実行していません。',
    },
    { en: 'Run the step again and have it approved.', ja: '手順を再度実行し、承認を受けてください。' },
    beforeAnything,
  ),
  'approval-used': entry(
    'HK343',
    4,
    false,
    {
      en: 'The approval of step "{step}" has already been used; it is good for one run.',
      ja: '手順「{step}」の承認は使用済みです。同じ承認で 2 回は実行しません。',
    },
    { en: 'Run the step again and have it approved.', ja: '手順を再度実行し、承認を受けてください。' },
  ),
  'not-published': entry(
    'HK344',
    4,
    false,
    {
      en: 'No runbook this worker trusts has this {kind}; it was not run.',
      ja: 'このワーカーが信頼する Runbook に、この内容の {kind} はありません。実行していません。',
    },
    {
      en: 'Have the runbook signed and published (docs/signing.md), or put it into the HIKESHI_TRUSTED_RUNBOOKS folder (docs/settings.md).',
      ja: 'Runbook に署名して公開する（docs/signing.md）か、HIKESHI_TRUSTED_RUNBOOKS のフォルダーに置いてください（docs/settings.md）。',
    },
    beforeAnything,
  ),
  'runbook-not-believed': entry(
    'HK345',
    4,
    false,
    {
      en: 'This worker does not trust the runbook {runbook}: {problem}',
      ja: 'このワーカーは Runbook {runbook} を信頼していません: {problem}',
    },
    {
      en: 'Check who signed it (hikeshi runbook show {runbook}), sign it (hikeshi runbook sign) and publish it (docs/signing.md).',
      ja: '署名を確認（hikeshi runbook show {runbook}）し、署名（hikeshi runbook sign）してから公開してください（docs/signing.md）。',
    },
  ),
  'plan-differs': entry(
    'HK346',
    4,
    false,
    {
      en: 'Step "{step}" was not run, because it differs from what was approved: {difference}',
      ja: '手順「{step}」は承認内容と異なるため、実行していません: {difference}',
    },
    {
      en: 'Nothing was changed. Plan it again and have the new plan approved: hikeshi run {incident} {step}',
      ja: '何も変更していません。計画し直して承認を受けてください: hikeshi run {incident} {step}',
    },
    beforeAnything,
  ),
  'runbook-unsigned': entry(
    'HK350',
    4,
    false,
    {
      en: 'The runbook {runbook} is signed; an unsigned one cannot replace it.',
      ja: 'Runbook {runbook} は署名付きで公開されています。署名のない版では置き換えられません。',
    },
    {
      en: 'Sign the file (hikeshi runbook sign), then publish it again (docs/signing.md).',
      ja: 'ファイルに署名（hikeshi runbook sign）してから公開し直してください（docs/signing.md）。',
    },
  ),
  'runbook-older': entry(
    'HK351',
    4,
    false,
    {
      en: 'Version {version} of the runbook {runbook} was signed later than this one and stays in force.',
      ja: 'Runbook {runbook} は、より新しい署名の v{version} が公開中です。置き換えていません。',
    },
    {
      en: 'Use the newest file. To go back to this one, sign it again (hikeshi runbook sign).',
      ja: '最新のファイルを使ってください。この内容に戻す場合は署名し直してください（hikeshi runbook sign）。',
    },
  ),
  'runbook-withdrawn': entry(
    'HK352',
    4,
    false,
    {
      en: '{by} withdrew the runbook {runbook} at {at}: {reason}. It opens no incidents.',
      ja: 'Runbook {runbook} は {by} が {at} に取り下げました（理由: {reason}）。新しいインシデントは宣言できません。',
    },
    {
      en: 'Declare it under another system, or publish the runbook again: hikeshi runbook publish FILE',
      ja: '別のシステムで宣言するか、Runbook を公開し直してください: hikeshi runbook publish FILE',
    },
  ),
  'signature-unknown': entry(
    'HK353',
    4,
    false,
    {
      en: "{person}'s signature on the runbook {runbook} matches no key in {keys}; nothing was published.",
      ja: 'Runbook {runbook} の {person} の署名は、{keys} のどの鍵とも一致しません。公開していません。',
    },
    {
      en: 'Have the file signed again (hikeshi runbook sign), or add the public key there (docs/signing.md).',
      ja: 'ファイルに署名し直す（hikeshi runbook sign）か、公開鍵を追加してください（docs/signing.md）。',
    },
  ),
} as const
