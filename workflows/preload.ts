/**
 * What all workflows of a worker share: how deep a stack is noted, and the rules, loaded once per worker. Else each workflow evaluates them for itself, and above all zod and all its schemas: 1.5 MB and
 * 18 ms of each of the 200 workflows that a worker keeps. They hold nothing of any one workflow, which is what makes it safe.
 */
import '../domain/counted.ts'
import '../domain/desk/commands.ts'
import '../domain/desk/decide.ts'
import '../domain/desk/deliveries.ts'
import '../domain/desk/evolve.ts'
import '../domain/diagnosis/diagnosis.ts'
import '../domain/diagnosis/looks.ts'
import '../domain/diagnosis/overview.ts'
import '../domain/diagnosis/rank.ts'
import '../domain/evidence/figures.ts'
import '../domain/failures.ts'
import '../domain/failures/for-now.ts'
import '../domain/incident/commands.ts'
import '../domain/incident/deadlines.ts'
import '../domain/incident/decide.ts'
import '../domain/incident/effects.ts'
import '../domain/incident/fold/evolve.ts'
import '../domain/incident/last-resort.ts'
import '../domain/incident/open.ts'
import '../domain/rehearsal/rehearsal.ts'
import '../domain/request-id.ts'
import '../domain/restore/drill.ts'
import '../domain/runbook/backups-used.ts'
import '../domain/runbook/published.ts'
import '../domain/runbook/reading-steps.ts'
import '../domain/runbook/restores.ts'
import '../domain/timeline/canonical.ts'
import '../domain/timeline/chain.ts'
import './machine/held-once.ts'

/** webpack's own: the modules by name, and those that are loaded. */
declare const __webpack_modules__: Readonly<Record<string, unknown>>
declare const __webpack_module_cache__: Readonly<Record<string, { readonly exports: object } | undefined>>

// Temporal freezes what is shared, to the last object in it, and zod completes its schemas at their first use. What is frozen already
// it does not go into: so each module is fixed as to what it exports, and the schemas stay as they are.
for (const name of Object.keys(__webpack_modules__)) {
  const loaded = __webpack_module_cache__[name]
  if (loaded !== undefined) Object.freeze(loaded.exports)
}

// For each promise the SDK notes where it was made, and looks every frame up in the source map; for one frame it hardly costs anything.
// An error of ours still tells the line that threw it.
Object.assign(Error, { stackTraceLimit: 1 })
