/** Steps of a symptom or of a quick reference: what was read, with names and titles, fitted to the service they are for. */

import { present } from '../../../../domain/present.ts'
import { missingIn } from '../../../../domain/runbook/fill.ts'
import { isChange, kindOf } from '../../../../domain/steps/catalogue.ts'
import { findingCodes } from '../../../../domain/steps/finding-codes.ts'
import { type Text, verbatim } from '../../../../domain/words.ts'
import { type BookStep, manualStep } from '../manual-step.ts'
import type { Block } from '../markdown/blocks.ts'
import type { ReadStep } from '../programs/reading.ts'
import { type Line, sourceOf } from '../report.ts'
import type { Attributes } from './fences.ts'
import { titleOf, unique } from './names.ts'
import type { Service } from './services.ts'
import type { Unit } from './units.ts'

export type NamedStep = BookStep & {
  readonly id: string
  readonly title: Text
  /** The one that a quick step repairs. */
  readonly service?: string
  readonly when?: readonly string[]
  readonly after?: readonly string[]
}

export type Made = { readonly steps: readonly NamedStep[]; readonly lines: readonly Line[] }

/** Where steps stand, which names are taken there, and whom they are for. */
export type Place = {
  /** `symptoms.slow` */
  readonly path: string
  readonly taken: Set<string>
  /** In front of names that nobody gave: a quick reference shares its names with every symptom. */
  readonly prefix: string
  /** Undefined for whichever service an incident is about. */
  readonly service: Service | undefined
  readonly healths: readonly string[]
}

export function stepsOf(units: readonly Unit[], place: Place): Made {
  const steps: NamedStep[] = []
  const lines: Line[] = []
  const seen = new Map<string, string>()
  const add = ({ kind, with: given }: BookStep, title: Text, { id, when, after, service }: Attributes) => {
    const name = unique(id ?? `${place.prefix}${nameOf(kind)}`, place.taken)
    steps.push({
      id: name,
      title,
      ...(place.service === undefined ? present({ service }) : {}),
      kind,
      with: given,
      ...present({ when: changes(kind) ? when?.filter(isCode) : undefined, after }),
    })
    return `${place.path}.${name}`
  }
  for (const unit of units) {
    const isToDo = unit.kind === 'item' && (unit.block.box || unit.block.ordered) && !unit.hasCode
    if (isToDo && unit.block.text.trim() !== '') {
      const title = verbatim(titleOf(unit.block.text))
      const at = add(manualStep(verbatim(unit.block.text.slice(0, 1_500)), undefined), title, {})
      lines.push({ ...lineOf(unit.block), became: 'manual', at: [at], why: forPeople })
    }
    if (unit.kind !== 'command') continue
    const beginning = { line: unit.line, source: sourceOf(unit.source) }
    const reading = unit.exact === true ? unit.reading : fitted(unit.reading, place)
    if ('nothing' in reading) lines.push(nothingOf(unit, reading))
    else if ('manual' in reading) {
      const title = unit.title === undefined ? byHandTitle : verbatim(unit.title)
      const at = add(manualStep(byHand(reading.manual), unit.source), title, unit)
      lines.push({ ...beginning, became: 'manual', at: [at], why: reading.manual })
    } else {
      const keys = reading.steps.map(keyOf)
      const fresh = reading.steps.filter(
        (_, i) => unit.id !== undefined || (!seen.has(keys[i] ?? '') && keys.indexOf(keys[i] ?? '') === i),
      )
      const at = fresh.map((step, i) => {
        const title =
          i === 0 && unit.title !== undefined
            ? verbatim(unit.title)
            : (kindOf(step.kind)?.title ?? byHandTitle)
        const where = add(step, title, unit)
        seen.set(keyOf(step), where)
        return where
      })
      if (fresh.length > 0)
        lines.push({
          ...beginning,
          became: 'step',
          at,
          kinds: fresh.map(({ kind }) => kind),
          why: reading.why,
        })
      else
        lines.push({
          ...beginning,
          became: 'left-out',
          at: reading.steps.map((step) => seen.get(keyOf(step)) ?? ''),
          why: again,
        })
    }
  }
  return { steps, lines }
}

type Nothing = Extract<Reading, { readonly nothing: Text }>

function nothingOf({ line, source }: Pick<Command, 'line' | 'source'>, { nothing, link }: Nothing): Line {
  return {
    line,
    source: sourceOf(source),
    became: link === undefined ? 'left-out' : 'link',
    why: nothing,
  }
}

/** Of commands that are no work, where nothing else of their section is. */
export function nothingIn(units: readonly Unit[]): readonly Line[] {
  return units.flatMap((unit) =>
    unit.kind === 'command' && 'nothing' in unit.reading ? [nothingOf(unit, unit.reading)] : [],
  )
}

/** The line of a block, and how it begins. */
export function lineOf(block: Block): { readonly line: number; readonly source: string } {
  return { line: block.line, source: sourceOf(block.kind === 'row' ? block.cells.join(' | ') : block.text) }
}

function changes(name: string): boolean {
  const kind = kindOf(name)
  return kind !== undefined && isChange(kind)
}

function isCode(code: string): boolean {
  return (findingCodes as readonly string[]).includes(code)
}

const byHandTitle: Text = { en: 'By hand', ja: '手作業' }
const forPeople: Text = { en: 'people do it', ja: '人が行う作業' }
const again: Text = { en: 'the same step is there already', ja: '同じ手順がすでにあります' }

function byHand({ en, ja }: Text): Text {
  return { en: `Run it by hand: ${en}.`, ja: `手作業で実行してください（${ja}）。` }
}

/** `rollout-restart` of `kubernetes.rollout-restart` */
function nameOf(kind: string): string {
  const [system = '', verb] = kind.split('.')
  return system === 'person' ? 'by-hand' : (verb ?? system)
}

function keyOf({ kind, with: given }: ReadStep): string {
  return JSON.stringify([kind, Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** What a step may ask of a service, in the shape of a runbook's. */
function asDeclared({ title, deployment, selector, health }: Service) {
  return { title, slowAfter: 0, look: [], ...present({ deployment, selector, health }) }
}

type Command = Extract<Unit, { readonly kind: 'command' }>
type Reading = Command['reading']

/** An address of the service's own is said so, and a step that the service has nothing for is a person's. */
function fitted(reading: Reading, { service, healths }: Place): Reading {
  if (!('steps' in reading)) return reading
  const steps = reading.steps.map((step) =>
    service?.health !== undefined && step.with.url === service.health
      ? { ...step, with: { ...step.with, url: '$service.health' } }
      : step,
  )
  for (const step of steps) {
    const [missing] = service === undefined ? [] : missingIn(step, asDeclared(service))
    if (missing !== undefined)
      return {
        manual: {
          en: `the ${missing} of its service is not known`,
          ja: `対象サービスの ${missing} が分かりません`,
        },
      }
    const { url } = step.with
    const own = kindOf(step.kind) as { readonly healthOf?: readonly string[] } | undefined
    if (
      own?.healthOf?.includes('url') &&
      url !== '$service.health' &&
      !healths.some((health) => health === url)
    )
      return {
        manual: {
          en: 'only the health address of a service may be loaded',
          ja: '負荷をかけられるのはサービスの正常性確認の URL だけです',
        },
      }
  }
  return { ...reading, steps }
}
