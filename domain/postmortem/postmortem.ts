/** Events → document. Pure: the same events give the same document, so that what people changed in it can be told apart from it. */

import type { IncidentEvent } from '../incident/fold/events.ts'
import type { Opening } from '../incident/open.ts'
import { quote } from '../telling/parts.ts'
import { course } from './course.ts'
import { decisions } from './decisions.ts'
import type { Postmortem, Section, Told } from './document.ts'
import { figures } from './figures-told.ts'
import { contributors, luck, mitigators, surprises } from './judgement.ts'
import { open, resolution } from './outcome.ts'
import { pictureOf } from './picture.ts'
import { evidence, timeline } from './record.ts'
import { type Clock, eventsOf, type Story, storyOf } from './story.ts'
import { detection, impact, summary } from './summary.ts'

/** The post-mortem of an incident, over or not; undefined where its first event is missing. */
export function postmortem(
  opening: Opening,
  events: readonly IncidentEvent[],
  clock: Clock,
): Postmortem | undefined {
  const story = storyOf(opening, events, clock)
  if (story === undefined) return undefined
  const commander = commanderOf(story)
  return {
    incident: story.incident,
    ...(commander === undefined ? {} : { commander }),
    picture: pictureOf(story),
    sections: [
      summary(story),
      impact(story),
      detection(story),
      course(story),
      resolution(story),
      open(story),
      contributors(story),
      mitigators(story),
      luck(),
      surprises(story),
      decisions(story),
      figures(story),
      followUps(),
      timeline(story),
      evidence(story),
    ],
  }
}

/** Theirs alone: what is to be done is not in the record. */
function followUps(): Section {
  return {
    id: 'follow-ups',
    title: { en: 'Follow-ups', ja: '再発防止策' },
    told: [],
    asks: [],
  }
}

function commanderOf(story: Story): Told | undefined {
  const set = eventsOf(story, 'commander-set').at(-1)
  if (set === undefined) return undefined
  const person = quote(set.data.person)
  return { says: { en: `commander: ${person}`, ja: `指揮者: ${person}` }, seqs: [set.seq] }
}
