// `tsx lab/main.ts …`: the lab's commands without the rest of hikeshi; `provision` only makes sure of the binaries, with `--all` of
// those too without which a lab comes up.
import { exitAfter, hearSignals } from '../edge/signals.ts'
import { ensureAllBinaries, ensureBinaries } from './binaries.ts'
import { runLabCommand } from './cli.ts'
import { showProgress } from './progress.ts'

const { signal } = hearSignals()
const argv = process.argv.slice(2)
if (argv[0] === 'provision') {
  const ensure = argv.includes('--all') ? ensureAllBinaries : ensureBinaries
  await ensure(showProgress(), signal).catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(signal.aborted ? exitAfter(signal) : 1)
  })
  process.exit(0)
} else process.exit(await runLabCommand(argv, signal))
