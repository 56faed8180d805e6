import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where built binaries and labs are kept, and a Node that was fetched: $HIKESHI_CACHE, else the user's cache folder.
 * @returns {string}
 */
export function cacheDir() {
  if (process.env.HIKESHI_CACHE) return process.env.HIKESHI_CACHE
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hikeshi')
}
