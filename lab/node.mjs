// The Node that all else runs on where the machine's own is too old: the npm registry's plain package of one program.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { cacheDir } from './cache-dir.mjs'
import { must, npm, npmCli, stop } from './child.mjs'

/** As package.json's "engines" has it: what the packages need. */
export const floor = [22, 19]
/** What the bootstrap itself needs. */
const oldestMajor = 18

/** Their version and SHA-512, by major version and machine. Of 22 the floor itself, or the first after it that there is. */
const pinned = {
  22: {
    x64: '22.19.0 sha512-kjgmAijr2xPcEIrK1eky8L05W9pZcVUYihQbsN99F0zQP6VXX+DlAbSFbVre3bI7oLjtyUd10/vCdCkxfqnysw==',
    arm64:
      '22.20.0 sha512-eVexvODYds5ya11f+1D0r33WVf6BGvoSvofyVYQFMFMytblCCwlgJStpOb4IdomSnfVQWLAt0tNgYE5iXxSRuA==',
  },
  24: {
    x64: '24.22.3 sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
    arm64:
      '24.22.3 sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
  },
}

export const pinnedMajors = Object.keys(pinned)

/** Ends where the running Node is too old even for this. */
export function isTooOld() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < oldestMajor) stop(1, `Node ${process.versions.node} is too old: ${bringYourOwn}`)
  return major < floor[0] || (major === floor[0] && minor < floor[1])
}

const bringYourOwn = `install Node ${floor.join('.')} or newer (https://nodejs.org)`

/** Of the Node that all else goes on with where this one is too old. */
export function newerNode() {
  return pinnedNode('24', `Node ${process.versions.node} is older than ${floor.join('.')}: `)
}

/** The program of the pinned Node of this major version, fetched into the cache folder the first time. */
export async function pinnedNode(major, why = '') {
  const pin = process.platform === 'linux' ? pinned[major][process.arch] : undefined
  if (pin === undefined)
    stop(1, `there is no Node ${major} to fetch for ${process.platform} ${process.arch}: ${bringYourOwn}`)
  const [version, integrity] = pin.split(' ')
  const name = `node-linux-${process.arch}`
  const program = join(cacheDir(), 'node', `${name}-${version}`, 'bin', 'node')
  if (!existsSync(program)) await fetchNode({ name, version, integrity, program, why })
  return program
}

/** npm does the fetching: it knows the machine's registry and proxy. Nothing stands under the program's name before it is whole. */
async function fetchNode({ name, version, integrity, program, why }) {
  console.error(`${why}fetching Node ${version} (50 MB, once) into ${cacheDir()}`)
  const bin = dirname(program)
  mkdirSync(bin, { recursive: true })
  const folder = mkdtempSync(join(bin, 'new-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  // Whoever has npm wait until a version is some days old wants to be safe from a forged one, and this one's SHA-512 is pinned.
  const options = ['--pack-destination', folder, '--loglevel=error', '--min-release-age=0']
  await must(
    npm('pack', `${name}@${version}`, ...options),
    `Node ${version} could not be fetched: ${bringYourOwn}, or tell npm a registry and proxy that it reaches`,
    { stdio: ['inherit', 'ignore', 'inherit'] },
  )
  const [file = ''] = readdirSync(folder)
  const tarball = readFileSync(join(folder, file))
  if (integrity !== `sha512-${createHash('sha512').update(tarball).digest('base64')}`)
    stop(
      1,
      `the registry's ${name}@${version} is not the one that is pinned here, and is not used: ${bringYourOwn}`,
    )
  const whole = join(folder, 'node')
  writeFileSync(whole, fileIn(gunzipSync(tarball), 'package/bin/node'))
  chmodSync(whole, 0o755)
  renameSync(whole, program)
  rmSync(folder, { recursive: true })
}

/** Of a tar archive: headers of 512 bytes, each with the file's name and, in octal, its length. */
function fileIn(tar, wanted) {
  const text = (at, length) => tar.toString('latin1', at, at + length).replace(/\0.*/s, '')
  for (let at = 0; at < tar.length; ) {
    const length = Number.parseInt(text(at + 124, 12), 8) || 0
    if (text(at, 100) === wanted) return tar.subarray(at + 512, at + 512 + length)
    at += 512 + Math.ceil(length / 512) * 512
  }
  return stop(1, `there is no ${wanted} in the package`)
}

/** For a child that runs on it: whatever is started further down by the name "node" is the same. */
export function nodeFirst(program) {
  const folders = [dirname(program), ...(process.env.PATH ? [process.env.PATH] : [])]
  const cli = npmCli()
  return { PATH: folders.join(delimiter), ...(cli !== undefined && { npm_execpath: cli }) }
}
