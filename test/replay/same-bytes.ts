/**
 * tsx test/replay/same-bytes.ts NODE NODE: whether each of these bundles the workflows to the same code, and re-executes the stored
 * histories to the same timelines. Without an argument says what the running one makes of them.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { replay } from '../../client/replay/replay.ts'
import { bundleWorkflows } from '../../workers/bundle.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from './histories.ts'

const programs = process.argv.slice(2)
if (programs.length === 0) console.log(await made())
else {
  const all: string[] = []
  for (const program of programs) {
    const { stdout } = await promisify(execFile)(program, ['--import', 'tsx', 'test/replay/same-bytes.ts'])
    const { stdout: version } = await promisify(execFile)(program, ['--version'])
    console.log(`Node ${version.trim()}: ${stdout.trim()}`)
    all.push(stdout)
  }
  const isSame = new Set(all).size === 1
  console.log(isSame ? 'the same bytes on each' : 'not the same bytes')
  process.exitCode = isSame ? 0 : 1
}

async function made(): Promise<string> {
  const timelines = createHash('sha256')
  const incidents = storedIncidents()
  for (const { incident, histories } of incidents)
    timelines.update(JSON.stringify((await replay(incident, { histories }, reexecute)).timeline))
  const bundle = createHash('sha256').update(await bundleWorkflows())
  return `workflows ${bundle.digest('hex')}, ${incidents.length} timelines ${timelines.digest('hex')}`
}
