/** What a message about alerts leads to: an incident opened or joined, news for the one that knows of it, or nothing. */
import { firingIn, heard, isInDoubt, overtakenWithinMs } from '../alert/group.ts'
import { isUnknownPlace, placeTitle, serviceOf } from '../alert/place.ts'
import { failure } from '../failures.ts'
import { type Declaration, textLimits } from '../incident/commands.ts'
import { present } from '../present.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { type Actor, cutTo, type Text } from '../words.ts'
import { alertGroup } from './alert-groups.ts'
import type { AlertedTrouble, DeskCommand } from './commands.ts'
import { type DeskFact, deskFact as fact } from './events.ts'
import { type Declared, type DeskDecision, joinOrOpen } from './join.ts'
import { type Delivery, type DeskState, openIncident } from './state.ts'

/**
 * Every message of a sender may come again, and late: it counts where it says something new. Alerts that begin to fire open an
 * incident or join one; so does a repeat of firing alerts whose incident people have ended meanwhile.
 */
export function alertsHeard(state: DeskState, input: DeskCommand<'alerts'>, now: number): DeskDecision {
  const book = state.runbook?.book
  if (book === undefined) return { refusal: failure('no-runbook') }
  const { group: id, by, unheardBy } = input
  const before = alertGroup(state, id)
  const message = unheardBy === undefined ? input : { alerts: [], hidden: before?.hidden ?? 0 }
  if (isInDoubt(before, message, now)) return { refusal: failure('alert-in-doubt') }
  const { group, begins, changed } = heard(before, message, now)
  const known = before?.incident === undefined ? undefined : openIncident(state, before.incident)
  const told = known !== undefined && before?.incident !== unheardBy ? before?.incident : undefined
  const isOpen = told !== undefined && known?.phase !== 'resolved' && known?.unreachable !== true
  // Incidents send back only what fires; the group may be one that the desk keeps no longer.
  const fires = firingIn(group) > 0 || (unheardBy !== undefined && before === undefined)
  const goesOn = !changed && now - group.heardAtMs >= overtakenWithinMs
  const declaration = declarationOf(book, input.trouble)
  if (fires && !isOpen && (begins || goesOn || unheardBy !== undefined)) {
    return elsewhere(state, { id, message, declaration, by, now, except: unheardBy })
  }
  const incident = before?.incident
  const answer = answerOf(state, incident, !changed)
  if (!changed) return { facts: [], ...answer }
  return {
    facts: [alertedFact(state, { id, message, declaration, by, incident, tell: told !== undefined })],
    ...answer,
  }
}

/** News that reached no running incident goes to the next one about the same trouble, or opens it, while anything fires. */
export function alertsElsewhere(
  state: DeskState,
  delivery: Extract<Delivery, { type: 'alerts' }>,
  now: number,
): readonly DeskFact[] {
  const { group: id, declaration, by, incident } = delivery
  const group = alertGroup(state, id)
  // The group may have gone to another incident meanwhile, or have ended; what it reported goes on anyway.
  if (group === undefined || group.incident !== incident || firingIn(group) === 0)
    return delivery.joins
      ? joinOrOpen(state, declaration, by, now, { fresh: false, except: incident }).facts
      : []
  const message = { alerts: [], hidden: group.hidden }
  return elsewhere(state, { id, message, declaration, by, now, except: incident }).facts
}

type Told = {
  readonly id: string
  readonly message: Pick<DeskCommand<'alerts'>, 'alerts' | 'hidden'>
  readonly declaration: Declaration
  readonly by: Actor
}

function elsewhere(
  state: DeskState,
  told: Told & { readonly now: number; readonly except: string | undefined },
): { readonly facts: readonly DeskFact[]; readonly declared: Declared } {
  const { declaration, by, now, except } = told
  const joined = joinOrOpen(state, declaration, by, now, {
    fresh: false,
    alerts: true,
    ...present({ except }),
  })
  const { incident, created, raisedTo } = joined.declared
  return {
    facts: [
      ...joined.facts,
      alertedFact(state, {
        ...told,
        incident,
        tell: true,
        joins: !created,
        raises: raisedTo !== undefined,
      }),
    ],
    declared: joined.declared,
  }
}

function alertedFact(
  state: DeskState,
  told: Told & {
    readonly incident: string | undefined
    readonly tell: boolean
    readonly joins?: boolean
    readonly raises?: boolean
  },
): DeskFact {
  const { id, message, declaration, by, incident, tell } = told
  return fact('alerted', by, {
    group: id,
    alerts: message.alerts,
    hidden: message.hidden,
    declaration,
    ...(told.joins ? { joins: true } : {}),
    ...(told.raises ? { raises: true } : {}),
    ...present({ incident }),
    ...(incident === undefined || !tell
      ? {}
      : { delivery: `${incident}/alerts/${(state.alertVersion ?? 0) + 1}` }),
  })
}

function answerOf(
  state: DeskState,
  incident: string | undefined,
  repeated: boolean,
): { readonly declared?: Declared } {
  if (incident === undefined) return {}
  const reports = openIncident(state, incident)?.reports ?? 0
  return { declared: { incident, created: false, reports, repeated } }
}

/** A place that the runbook does not know is no reason to lose an alert: it is the trouble of nobody's service, and starts nothing. */
function declarationOf(book: Runbook, trouble: AlertedTrouble): Declaration {
  const service = serviceOf(book, trouble)
  const named = book.symptoms.some((s) => s.service === service && s.id === trouble.symptom)
  const symptom = named ? trouble.symptom : undefined
  const remarks: readonly Text[] = [
    ...(isUnknownPlace(service) ? [{ en: placeTitle(service, 'en'), ja: placeTitle(service, 'ja') }] : []),
    ...(trouble.symptom === undefined || named
      ? []
      : [
          {
            en: `symptom of the alert: ${trouble.symptom}; unknown`,
            ja: `アラートの症状「${trouble.symptom}」は Runbook にありません`,
          },
        ]),
  ]
  // A description is one text, whoever reads it: what is added to it stands in both languages.
  const remark = remarks.map(({ en, ja }) => `\n(${ja} / ${en})`).join('')
  return {
    service,
    severity: trouble.severity,
    ...present({ symptom }),
    description: `${cutTo(trouble.description, textLimits.description - remark.length)}${remark}`,
    dataLoss: false,
    breach: false,
  }
}
