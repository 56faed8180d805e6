// mocha's own report, plus the numbers and what failed in a file: the bootstrap prints them last, after everything is taken down. Why a test
// failed is said at once as well: a run may be stopped before its end.
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.on('fail', (_, error) => console.log(String(error?.stack ?? error).slice(0, 2_000)))
  }

  epilogue() {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    const file = process.env.HIKESHI_TEST_COUNTS
    if (!file) return
    const titles = this.failures.map((test) => `${test.fullTitle()}: ${firstLine(test.err)}`)
    writeFileSync(
      file,
      JSON.stringify({ passed: passes, failed: failures, skipped: pending, failures: titles }),
    )
  }
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n', 1)[0]
}
