// mocha's own report, plus the numbers in a file: the bootstrap prints them last, after everything is taken down.
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class CountingReporter extends reporters.Spec {
  epilogue() {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    const file = process.env.HIKESHI_TEST_COUNTS
    if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }))
  }
}
