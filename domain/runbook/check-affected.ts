/** Rules for the count of affected users: a kind that counts, and a checklist that waits for no count that nobody makes. */
import { catalogue, kindOf } from '../steps/catalogue.ts'
import { severities, verbatim } from '../words.ts'
import { unknownName } from './check-steps.ts'
import { type Problem, quote } from './problem.ts'
import { repeated } from './repeated.ts'
import { affectedStep, type Runbook } from './runbook.ts'
import { schemaProblems } from './schema-problems.ts'

type Counting = Pick<Runbook, 'affectedUsers' | 'afterwards' | 'severities' | 'symptoms'>

export function affectedProblems(book: Counting): readonly Problem[] {
  const { affectedUsers, afterwards } = book
  if (affectedUsers === undefined)
    return afterwards.flatMap(({ proof }, i) => (proof === 'counted' ? [uncounted(i)] : []))
  return [...kindProblems(affectedUsers), ...takenNames(book)]
}

function kindProblems({ kind, with: params }: NonNullable<Runbook['affectedUsers']>): readonly Problem[] {
  const counting = Object.keys(catalogue).filter(counts)
  const declared = kindOf(kind)
  if (declared === undefined || !counts(kind)) return [unknownName(kind, counting, ['affectedUsers', 'kind'])]
  return schemaProblems(declared.params, params, ['affectedUsers', 'with'])
}

function counts(name: string): boolean {
  const kind = kindOf(name)
  return kind?.risk === 'read' && kind.counts === true
}

/** Its run has a name of its own, as steps have. */
function takenNames({ severities: policies, symptoms }: Counting): readonly Problem[] {
  const quick = severities.flatMap((severity) =>
    policies[severity].quick.map(({ id }, i) => ({ id, path: ['severities', severity, 'quick', i, 'id'] })),
  )
  const own = symptoms.flatMap(({ steps }, i) =>
    steps.map(({ id }, j) => ({ id, path: ['symptoms', i, 'steps', j, 'id'] })),
  )
  return [...quick, ...own].flatMap(({ id, path }) => (id === affectedStep ? [repeated(id, path)] : []))
}

function uncounted(index: number): Problem {
  return {
    path: ['afterwards', index, 'proof'],
    at: 'value',
    expected: { en: '"affectedUsers", which counts them', ja: '集計する「affectedUsers」' },
    got: verbatim(quote('counted')),
  }
}
