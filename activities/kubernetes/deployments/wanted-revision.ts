import { forNow } from '../../../domain/failures/for-now.ts'
import { none, type Text } from '../../../domain/words.ts'
import { refuse } from '../../refusal.ts'
import type { DeploymentState, Revision } from '../objects/deployment.ts'

export type WantedRevision = {
  readonly toRevision?: number | undefined
  readonly toTemplate?: string | undefined
}

/** The ReplicaSet that is meant: of this template, of this revision, or without either the second newest. */
export function chooseRevision(found: DeploymentState, wanted: WantedRevision): Revision {
  const { revisions, target } = found
  const { toRevision, toTemplate } = wanted
  const chosen =
    toTemplate !== undefined
      ? revisions.find((revision) => revision.hash === toTemplate)
      : toRevision !== undefined
        ? revisions.find((revision) => revision.number === toRevision)
        : revisions[1]
  if (chosen === undefined) {
    // A Deployment has an earlier one after the next change; a revision that is named does not come back.
    const isNamed = toTemplate !== undefined || toRevision !== undefined
    return refuse('precondition-failed', {
      target,
      reason: whyNone(found, wanted),
      ...(isNamed ? {} : forNow),
    })
  }
  if (toRevision !== undefined && chosen.number !== toRevision) {
    refuse('precondition-failed', {
      target,
      reason: {
        en: `template ${chosen.hash} is revision ${chosen.number}, not ${toRevision}`,
        ja: `テンプレート ${chosen.hash} はリビジョン ${chosen.number} で、${toRevision} ではありません`,
      },
    })
  }
  return chosen
}

function whyNone({ revisions, object }: DeploymentState, { toRevision, toTemplate }: WantedRevision): Text {
  const names = revisions.map((r) => `${r.number} (${r.hash})`).join(', ')
  const limit = `revisionHistoryLimit ${object.spec?.revisionHistoryLimit ?? 10}`
  const kept = {
    en: `available: ${names || none.en}; ${limit}`,
    ja: `残っているのは ${names || none.ja}（${limit}）`,
  }
  if (toTemplate !== undefined)
    return {
      en: `it no longer has a revision of template ${toTemplate}; ${kept.en}`,
      ja: `テンプレート ${toTemplate} のリビジョンは残っていません。${kept.ja}`,
    }
  if (toRevision === undefined)
    return { en: 'it has no earlier revision to go back to', ja: '戻せる以前のリビジョンがありません' }
  const renamed = revisions.find((revision) => revision.formerNumbers.includes(toRevision))
  if (renamed)
    return {
      en: `a rollback turned revision ${toRevision} into revision ${renamed.number}`,
      ja: `リビジョン ${toRevision} はロールバックによりリビジョン ${renamed.number} になっています`,
    }
  return {
    en: `it no longer has revision ${toRevision}; ${kept.en}`,
    ja: `リビジョン ${toRevision} は残っていません。${kept.ja}`,
  }
}
