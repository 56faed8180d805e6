/** Rules for steps: known kinds, right parameters, findings that exist, names that stay unambiguous within one incident. */
import { nearest } from '../nearest.ts'
import { catalogue, isChange, kindOf } from '../steps/catalogue.ts'
import { findingCodes } from '../steps/finding-codes.ts'
import { severities, verbatim } from '../words.ts'
import { fillStep, missingIn, servicePlaceholders, unknownPlaceholders } from './fill.ts'
import { strangeAddress } from './health-addresses.ts'
import { describe, type Problem, type ProblemPath, quote } from './problem.ts'
import { repeated, repeatedIds } from './repeated.ts'
import { quickStep, type Runbook, type RunbookStep, runbookStep, type Service } from './runbook.ts'
import { oneOf, schemaProblems } from './schema-problems.ts'

type PlacedStep = { readonly step: RunbookStep; readonly path: ProblemPath }

/** What a runbook's steps and looks are checked by. */
export type WithSteps = Pick<Runbook, 'services' | 'severities' | 'symptoms'>

/** Every problem with the runbook's symptoms, quick references and their steps. */
export function stepProblems(book: WithSteps): readonly Problem[] {
  const quick = quickSteps(book)
  return [
    ...quick.flatMap((placed) => [...problemsOfStep(placed), ...addressProblems(book, placed)]),
    ...repeatedIds(quick.map(nameOf)),
    ...Object.entries(book.services).flatMap(([id, service]) => [
      ...unseenProblems(id, service),
      ...lookProblems(id, service),
    ]),
    ...severities.flatMap((severity) => recoveryProblems(book, severity)),
    ...repeatedIds(
      book.symptoms.map((symptom, i) => ({
        id: `${symptom.service}/${symptom.id}`,
        path: ['symptoms', i, 'id'],
      })),
    ),
    ...book.symptoms.flatMap((_, i) => symptomProblems(book, i, quick)),
  ]
}

/**
 * The problems of every step that can be read in a runbook that is otherwise broken: nobody should fix ten mistakes only to
 * be shown ten more.
 */
export function looseStepProblems(source: unknown, path: ProblemPath = []): readonly Problem[] {
  const step = [quickStep, runbookStep].map((form) => form.safeParse(source)).find(({ success }) => success)
  if (step?.success) return problemsOfStep({ step: step.data, path })
  if (source === null || typeof source !== 'object') return []
  return Array.isArray(source)
    ? source.flatMap((member, i) => looseStepProblems(member, [...path, i]))
    : Object.entries(source).flatMap(([key, member]) => looseStepProblems(member, [...path, key]))
}

function symptomProblems(book: WithSteps, index: number, quick: readonly PlacedStep[]): readonly Problem[] {
  const symptom = book.symptoms[index]
  if (symptom === undefined) return []
  const steps = symptom.steps.map((step, i) => ({ step, path: ['symptoms', index, 'steps', i] }))
  // An incident holds the symptom's steps and, as its severity moves, any quick reference: one name must mean one step.
  const taken = new Set(quick.map(({ step }) => step.id))
  const clashes = steps
    .filter(({ step }) => taken.has(step.id))
    .map(({ step, path }) => repeated(step.id, [...path, 'id']))
  // `hasOwn`, because `constructor` is a valid name.
  const known = Object.hasOwn(book.services, symptom.service)
  return [
    ...(known
      ? []
      : [unknownName(symptom.service, Object.keys(book.services), ['symptoms', index, 'service'])]),
    ...unknownCodes(symptom.signs ?? [], ['symptoms', index, 'signs']),
    ...repeatedIds(steps.map(nameOf)),
    ...clashes,
    ...steps.flatMap((placed) => [
      ...problemsOfStep(placed),
      ...(known ? lackedProblems(placed, symptom.service, book.services[symptom.service]) : []),
      ...addressProblems(book, placed),
    ]),
  ]
}

function recoveryProblems(book: WithSteps, severity: (typeof severities)[number]): readonly Problem[] {
  const policy = book.severities[severity]
  if (policy.recoverWithin === undefined || policy.quick.some((step) => changes(step))) return []
  const expected = {
    en: 'a quick step that changes something, so that "recoverWithin" has one to start',
    ja: '「recoverWithin」で開始する、変更を伴う quick の手順',
  }
  const path = ['severities', severity, 'quick']
  return [{ path, at: 'missing', expected, got: describe(policy.quick) }]
}

/** Without either nobody could say whether the service is healthy. */
function unseenProblems(id: string, { health, look, smokeTest }: Service): readonly Problem[] {
  if (health === undefined && smokeTest !== undefined) {
    const expected = { en: '"health", which is asked before it', ja: '先に確認する「health」' }
    return [{ path: ['services', id, 'smokeTest'], at: 'key', expected, got: { en: 'none', ja: 'なし' } }]
  }
  if (health !== undefined || look.length > 0) return []
  const expected = {
    en: '"health" or "look", which show the state of the service',
    ja: 'サービスの状態を確認する「health」か「look」',
  }
  return [{ path: ['services', id], at: 'key', expected, got: { en: 'neither', ja: 'どちらもなし' } }]
}

/** A look is a reading step of the catalogue; the picture has no time for anything else. */
function lookProblems(id: string, service: Service): readonly Problem[] {
  return service.look.flatMap(({ kind, with: params }, i) => {
    const path = ['services', id, 'look', i]
    const reading = Object.keys(catalogue).filter((known) => kindOf(known)?.risk === 'read')
    if (!reading.includes(kind)) return [unknownName(kind, reading, [...path, 'kind'])]
    const declared = kindOf(kind)
    return declared === undefined ? [] : schemaProblems(declared.params, params, [...path, 'with'])
  })
}

/** Stands in for the service of an incident to come: any service that passed the schema fills a parameter as well. */
const anyService = { deployment: 'any', selector: 'app=any', health: 'http://any/' }

function problemsOfStep({ step, path }: PlacedStep): readonly Problem[] {
  const kind = kindOf(step.kind)
  if (kind === undefined) return [unknownName(step.kind, Object.keys(catalogue), [...path, 'kind'])]
  const placeholders = placeholderProblems(step.with, [...path, 'with'])
  const params =
    placeholders.length > 0
      ? placeholders
      : schemaProblems(kind.params, fillStep(step, anyService).with, [...path, 'with'])
  return [...params, ...whenProblems({ step, path }, kind.risk === 'read')]
}

/** What a step of a symptom wants of the symptom's service, which does not have it. */
function lackedProblems({ step, path }: PlacedStep, id: string, service?: Service): readonly Problem[] {
  return (service === undefined ? [] : [...new Set(missingIn(step, service))]).map((key) => ({
    path: [...path, 'with'],
    at: 'value',
    expected: {
      en: `service ${quote(id)} to have "${key}", for "$service.${key}"`,
      ja: `サービス ${quote(id)} の「${key}」（「$service.${key}」に必要）`,
    },
    got: { en: 'none', ja: 'なし' },
  }))
}

function addressProblems(
  { services }: Pick<Runbook, 'services'>,
  { step, path }: PlacedStep,
): readonly Problem[] {
  const strange = strangeAddress(step.kind, step.with, services)
  if (strange === undefined) return []
  const { name, got, known } = strange
  if (typeof got === 'string')
    return [unknownName(got, ['$service.health', ...known], [...path, 'with', name])]
  return []
}

function whenProblems({ step, path }: PlacedStep, isReading: boolean): readonly Problem[] {
  if (step.when === undefined) return []
  if (isReading) {
    const expected = {
      en: '"when" only on a step that changes something: a reading step always runs',
      ja: '「when」は変更を伴う手順だけに書く（読み取りの手順は常に実行されます）',
    }
    return [{ path: [...path, 'when'], at: 'key', expected, got: verbatim(quote(step.kind)) }]
  }
  return unknownCodes(step.when, [...path, 'when'])
}

function unknownCodes(codes: readonly string[], path: ProblemPath): readonly Problem[] {
  return codes
    .map((code, i) => ({ code, at: [...path, i] }))
    .filter(({ code }) => !(findingCodes as readonly string[]).includes(code))
    .map(({ code, at }) => unknownName(code, findingCodes, at))
}

function placeholderProblems(value: unknown, path: ProblemPath): readonly Problem[] {
  if (typeof value === 'string') {
    return unknownPlaceholders(value).map((key) => unknownName(key, servicePlaceholders, path, '$service.'))
  }
  if (Array.isArray(value)) return value.flatMap((member, i) => placeholderProblems(member, [...path, i]))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, member]) => placeholderProblems(member, [...path, key]))
}

/** A word that names nothing, with the words that do. */
export function unknownName(got: string, known: readonly string[], path: ProblemPath, prefix = ''): Problem {
  const suggestion = nearest(got, known)
  return {
    path,
    at: 'value',
    expected: oneOf(known.map((word) => prefix + word)),
    got: describe(prefix + got),
    ...(suggestion === undefined ? {} : { suggestion: prefix + suggestion }),
  }
}

function quickSteps(book: Pick<Runbook, 'severities'>): readonly PlacedStep[] {
  return severities.flatMap((severity) =>
    book.severities[severity].quick.map((step, i) => ({ step, path: ['severities', severity, 'quick', i] })),
  )
}

function nameOf({ step, path }: PlacedStep): { readonly id: string; readonly path: ProblemPath } {
  return { id: step.id, path: [...path, 'id'] }
}

function changes(step: RunbookStep): boolean {
  const kind = kindOf(step.kind)
  return kind !== undefined && isChange(kind)
}
