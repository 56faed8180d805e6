#!/usr/bin/env node
/** The command line's door. Everything but the version is loaded when it is wanted, so that `--version` costs what Node costs. */
import { readFileSync } from 'node:fs'

/** Of package.json: which hikeshi this is, and which Node it needs. */
type Release = { readonly version: string; readonly engines: { readonly node: string } }

/** Put in by the build. */
declare const HIKESHI: Release | undefined

function release(): Release {
  if (typeof HIKESHI === 'object') return HIKESHI
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
}

const argv = process.argv.slice(2)
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${release().version}\n`)
} else {
  const { runMain } = await import('./run-main.ts')
  await runMain(argv, release())
}
