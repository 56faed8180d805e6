/** `npx tsx test/scenarios/walkthrough/write.ts`: plays the walkthrough in a lab of its own and writes the page from what was printed. */
import { writeFileSync } from 'node:fs'
import { healLab, labDown, labUp } from '../../../lab/index.ts'
import { testLabName } from '../../lab/shared.ts'
import { buildReleased } from '../../surfaces/released-program.ts'
import { pageFile, printed, written } from './page.ts'
import { play } from './play.ts'
import { steps } from './sections.ts'
import type { Step } from './step.ts'

const name = testLabName('walkthrough')
const outputs = new Map<Step, string>()
try {
  await buildReleased()
  const lab = await labUp({ name })
  if (Object.keys(lab.without).length > 0) throw new Error(`the lab lacks ${JSON.stringify(lab.without)}`)
  await healLab(lab)
  await play(steps, lab, (step, { output, exit }) => {
    outputs.set(step, output)
    const wrong = exit === (step.exit ?? 0) ? '' : `, and not ${step.exit ?? 0}:\n${output}\n`
    console.log(
      `${outputs.size}/${printed(steps).length} ${Math.round(performance.now() / 1_000)} s ${step.run.split('\n')[0]}: exit code ${exit}${wrong}`,
    )
    if (wrong !== '') process.exitCode = 1
  })
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await labDown(name)
}
// What did not go well is no page.
writeFileSync(process.exitCode === 1 ? `${pageFile}.failed` : pageFile, written(outputs))
