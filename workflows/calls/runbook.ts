import type { Trust } from '../../domain/diagnosis/looks.ts'
import type { DeskRunbook } from '../../wire/activities.ts'
import { answerOf } from './call.ts'
import { partOptions, runbookOptions } from './options.ts'

/** What a desk holds now; throws where there is none. */
export async function publishedRunbook(desk: string, options = runbookOptions): Promise<DeskRunbook> {
  return (await answerOf('publishedRunbook', 'runbook', options, { desk })).value
}

/** Whom one of a cluster's workers believes. */
export async function workersTrust(cluster: string): Promise<Trust> {
  return (await answerOf('trust', 'trust', partOptions(cluster, 4_000), {})).value
}
