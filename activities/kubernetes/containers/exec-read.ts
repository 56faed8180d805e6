import type { Reading, StepContext } from '../../../domain/steps/contract.ts'
import { firstBytes } from '../../../edge/plain-text.ts'
import type { Kubernetes } from '../api/client.ts'
import { outputOf, type Program } from './exec.ts'
import { findPlace, type Wanted } from './exec-place.ts'

const excerptBytes = 16_384

/** What the program of the runbook says. Its author answers for that it changes nothing. */
export async function readByProgram(
  kubernetes: Kubernetes,
  params: Wanted & Program,
  context: StepContext,
): Promise<Reading> {
  const place = await findPlace(kubernetes, params, context)
  const { stdout, stderr, cut } = await outputOf(kubernetes, context, place, params)
  const said = stdout.trim() === '' ? stderr : stdout
  const text = firstBytes(said, excerptBytes)
  return {
    facts: {
      pod: place.pod,
      container: place.container,
      argv: params.argv,
      exit: 0,
      lines: said.trim() === '' ? 0 : said.trimEnd().split('\n').length,
      cut: cut || text !== said,
    },
    findings: [],
    text: cut || text !== said ? `${text}\n…` : text,
  }
}
