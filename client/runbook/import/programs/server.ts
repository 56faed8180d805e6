/** Which server a client asks: the connection of the workers that bears its name. */
import type { Argument } from '../shell/arguments.ts'
import { because, firstUnsure, manual, type Reading } from './reading.ts'

export type Server = { readonly connection: string | undefined } | { readonly reading: Reading }

/** The server that `-h` and `-p` name; else `own`, where the command runs. `usualPort` goes without saying. */
export function serverOf(
  host: Argument | undefined,
  port: Argument | undefined,
  usualPort: string,
  own: string | undefined,
): Server {
  const unsure = firstUnsure([host, port])
  if (unsure !== undefined) return { reading: unsure }
  const isOther = port !== undefined && port.text !== usualPort
  const isHere = host === undefined || /^(localhost$|127\.|\/|::1$)/.test(host.text)
  const name = isHere ? own : connectionOf(host.text)
  if (name === undefined)
    return isHere && !isOther
      ? { connection: undefined }
      : {
          reading: manual(
            'the server has an address and no name',
            'サーバーが名前ではなくアドレスで指定されています',
          ),
        }
  const named = isOther ? `${name}-${port.text}` : name
  return { connection: named.slice(0, 40) }
}

/** `db-primary` of `db-primary.internal`; nothing for an address. */
export function connectionOf(host: string): string | undefined {
  const [label = ''] = host.toLowerCase().split('.')
  return /^[a-z][a-z0-9-]{0,39}$/.test(label) && label !== 'localhost' ? label : undefined
}

/** A reading without a server is one of the usual connection, and says so. */
export function usualServer(reading: Reading, connection: string | undefined): Reading {
  if (connection !== undefined || !('steps' in reading)) return reading
  const usual = {
    en: 'of the usual connection: no server is named',
    ja: 'サーバーの記載がないため既定の接続',
  }
  return { ...reading, why: because(reading.why, usual) }
}
