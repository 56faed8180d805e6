/** Who answers where everybody else reaches the live database: a Service, a name or a pooler may lead to another server than the one that was put in place. */
import type { StepContext } from '../../../domain/steps/contract.ts'
import { said, type Text, type Words } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { pulse } from '../../pulse.ts'
import { reasonIn } from '../../refusal.ts'
import { waited } from '../live.ts'
import type { Place } from '../place.ts'
import { type Primary, readPrimary } from '../repository/primary.ts'

/** A Service leads to a pod once that is Ready, and a pooler connects again. */
const answersWithinMs = 120_000

export type InPlace = { readonly system: string; readonly timeline: number }

/**
 * Undefined where the server of the primary's connection is this cluster on this timeline; else what is there instead. Another cluster is no matter of
 * patience; everything else is awaited.
 */
export async function whoAnswersInstead(
  { postgres, connections }: Pick<Place, 'postgres' | 'connections'>,
  primary: string,
  inPlace: InPlace,
  context: StepContext,
  withinMs = answersWithinMs,
): Promise<Text | undefined> {
  const { host, port } = connections.postgres(primary)
  let instead: Text | undefined
  await waited('connection', withinMs, async () => {
    const seen = await asked(() => readPrimary(postgres, primary, context))
    instead = difference(`${primary} (${host}:${port})`, seen, inPlace)
    return instead === undefined || isAnotherCluster(seen, inPlace)
  }).catch((error: unknown) => {
    pulse().signal.throwIfAborted()
    if (instead === undefined) throw error
  })
  return instead
}

type Seen = { readonly primary: Primary | undefined } | { readonly why: Words }

async function asked(ask: () => Promise<Primary | undefined>): Promise<Seen> {
  try {
    return { primary: await ask() }
  } catch (error) {
    pulse().signal.throwIfAborted()
    const why = carriedBy(error)
    if (why === undefined) throw error
    return { why: reasonIn(why) }
  }
}

function isAnotherCluster(seen: Seen, { system }: InPlace): boolean {
  return 'primary' in seen && seen.primary !== undefined && seen.primary.system !== system
}

function difference(where: string, seen: Seen, { system, timeline }: InPlace): Text | undefined {
  if ('why' in seen) {
    const { en, ja } = said(seen.why)
    return {
      en: `the server at ${where} cannot be asked: ${en}`,
      ja: `${where} に問い合わせできません: ${ja}`,
    }
  }
  const { primary } = seen
  if (primary === undefined)
    return {
      en: `a standby answers at ${where}, not the server that was put in place`,
      ja: `${where} で応答しているのはスタンバイで、置き換えたサーバーではありません`,
    }
  if (primary.system !== system)
    return {
      en: `another cluster answers at ${where}: its system identifier is ${primary.system}, that of the data put in place ${system}`,
      ja: `${where} で応答しているのは別のクラスターです（システム識別子 ${primary.system}、置き換えたデータは ${system}）`,
    }
  if (primary.timeline !== timeline)
    return {
      en: `the server at ${where} is on timeline ${primary.timeline}, and the data put in place on ${timeline}`,
      ja: `${where} のサーバーはタイムライン ${primary.timeline} で、置き換えたデータ（${timeline}）ではありません`,
    }
  return undefined
}
