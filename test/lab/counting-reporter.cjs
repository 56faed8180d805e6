// mocha's own report, plus the numbers and what failed of each file: the bootstrap prints them last, after everything is taken down. Why a
// test failed is said at once as well: a run may be stopped before its end.
const { writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { reporters } = require('mocha')

module.exports = class CountingReporter extends reporters.Spec {
  /** By the path of the file. */
  #files = {}

  constructor(runner, options) {
    super(runner, options)
    runner.on('pass', (test) => {
      this.#of(test).passed += 1
    })
    runner.on('pending', (test) => {
      this.#of(test).skipped += 1
    })
    runner.on('fail', (test, error) => {
      this.#of(test).failures.push({ title: test.fullTitle(), why: firstLine(error) })
      console.log(String(error?.stack ?? error).slice(0, 2_000))
    })
  }

  #of({ file = '' }) {
    const path = relative('', file)
    this.#files[path] ??= { passed: 0, skipped: 0, failures: [] }
    return this.#files[path]
  }

  epilogue() {
    super.epilogue()
    const file = process.env.HIKESHI_TEST_COUNTS
    if (file) writeFileSync(file, JSON.stringify(this.#files))
  }
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n', 1)[0]
}
