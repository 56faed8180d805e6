/** What people do themselves: hikeshi says what is to be done, reminds of it, and writes down who did it and what they saw. */
import { z } from 'zod'
import { link } from '../address.ts'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { name } from '../names.ts'
import { text } from '../words.ts'
import { personKind, type StepParams } from './contract.ts'

/** Below this somebody would be called before anybody can have done it. */
const shortestReminderMs = 60_000

const words = z.strictObject({ ja: text.shape.ja.max(2_000), en: text.shape.en.max(2_000) })

/** As it is typed into a terminal: one text, or argument by argument. */
const command = z.union([z.string().min(1).max(2_000), z.array(z.string().min(1).max(1_000)).min(1).max(50)])

const told = {
  /** What is to be done, beyond the step's title. */
  text: words,
  /** Where. */
  url: link.optional(),
  /** Somebody is called when it has waited this long; without it as proposals are. */
  remindAfter: duration
    .refine((ms) => ms >= shortestReminderMs, expects('1m or more', '1 分以上'))
    .optional(),
}

const option = z.strictObject({ id: name, title: text })

export const personSteps = {
  'person.do': personKind({
    title: { ja: '人による作業', en: 'Done by people' },
    params: z.strictObject({
      ...told,
      /** To be copied: hikeshi never runs them. */
      commands: z.array(command).min(1).max(20).optional(),
    }),
  }),
  'person.decide': personKind({
    title: { ja: '人による判断', en: 'Decided by people' },
    params: z.strictObject({
      ...told,
      options: z
        .array(option)
        .min(2)
        .max(10)
        .refine(
          (all) => new Set(all.map(({ id }) => id)).size === all.length,
          expects('options with different names', '名前が重複しない選択肢'),
        ),
    }),
  }),
}

type Kinds = typeof personSteps
type Asked<K extends keyof Kinds> = z.infer<Kinds[K]['params']>

/** What a run asks of people: something to do, or one of several options. */
export type Ask =
  | (Asked<'person.do'> & { readonly options?: never })
  | (Asked<'person.decide'> & { readonly commands?: never })

/** Undefined for a step that hikeshi carries out. */
export function askOf({
  kind,
  params,
}: {
  readonly kind: string
  readonly params: StepParams
}): Ask | undefined {
  if (!Object.hasOwn(personSteps, kind)) return undefined
  const parsed = personSteps[kind as keyof Kinds].params.safeParse(params)
  return parsed.success ? parsed.data : undefined
}

/** The names that one decides between; none where the step is no decision. */
export function optionsOf(step: Parameters<typeof askOf>[0]): readonly string[] {
  return askOf(step)?.options?.map(({ id }) => id) ?? []
}
