// One run of the bundled tests in this thread; says the title of the first that fails, and how long each file took.
import { parentPort, workerData } from 'node:worker_threads'
import Mocha from 'mocha'

const mocha = new Mocha({ bail: true, timeout: workerData.endsWithinMs, reporter: class {} })
globalThis.testsOf = (file) => mocha.suite.emit('pre-require', globalThis, file, mocha)
await import(workerData.bundle)
let failed
const tookMs = {}
mocha
  .run(() => parentPort.postMessage({ failed, tookMs }))
  .on('fail', (test) => {
    failed ??= test.fullTitle()
  })
  .on('pass', ({ file, duration }) => {
    tookMs[file] = (tookMs[file] ?? 0) + duration
  })
