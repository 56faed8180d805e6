#!/usr/bin/env node
/** The command line's door. Everything but the version is loaded when it is wanted, so that `--version` costs what Node costs. */
import { readFileSync } from 'node:fs'

/** Put in by the build. */
declare const HIKESHI_VERSION: string | undefined

function version(): string {
  if (typeof HIKESHI_VERSION === 'string') return HIKESHI_VERSION
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

const argv = process.argv.slice(2)
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${version()}\n`)
} else {
  const { runMain } = await import('./run-main.ts')
  await runMain(argv, version())
}
