/** Where the API listens and which requests may have come from a browser that was led here. */

import type { FastifyRequest } from 'fastify'
import { expected } from '../../../domain/expected.ts'
import { failure } from '../../../domain/failures.ts'
import { cutTo, type Text, withoutControlCharacters } from '../../../domain/words.ts'
import { refused } from '../../../edge/refused.ts'
import { isLoopback } from '../../loopback.ts'
import { TurnedAway } from './problem.ts'

export type Listen = { readonly host: string; readonly port: number }

export const defaultListen = '127.0.0.1:7400'

/** Reads `127.0.0.1:7400`, `localhost:0` or `[::1]:7400`. */
export function parseListen(source: string): Listen {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(source) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || port > 65_535) {
    const problem = expected(
      `HOST:PORT such as ${defaultListen}, got "${source.slice(0, 100)}"`,
      `${defaultListen} のような HOST:PORT（実際: "${source.slice(0, 100)}"）`,
    )
    throw refused('bad-input', { where: '--listen', problem })
  }
  return { host, port }
}

/** Without tokens anybody who reaches the port is believed, so only this machine may reach it, and no proxy that stands on it. */
export function refuseOpenDoor(listen: Listen, hosts: readonly string[], hasTokens: boolean): void {
  if (hasTokens) return
  const [host] = hosts
  if (host !== undefined) {
    const problem = {
      en: `a proxy that forwards requests for "${host}" opens this door to anybody who reaches the proxy, and no tokens are configured. Name a token file in HIKESHI_API_TOKENS`,
      ja: `"${host}" へのリクエストを中継するプロキシに届く人なら誰でも入れますが、トークンが設定されていません。HIKESHI_API_TOKENS にトークンファイルを指定してください`,
    }
    throw refused('bad-input', { where: '--host', problem })
  }
  if (isLoopback(listen.host)) return
  const problem = {
    en: `"${listen.host}" is open to other machines, and no tokens are configured. Name a token file in HIKESHI_API_TOKENS, or listen on ${defaultListen}`,
    ja: `"${listen.host}" は他のマシンから接続できますが、トークンが設定されていません。HIKESHI_API_TOKENS にトークンファイルを指定するか、${defaultListen} で待ち受けてください`,
  }
  throw refused('bad-input', { where: '--listen', problem })
}

const forwardedBy = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const

/** Whether a proxy says that it passes the request on for somebody else. */
export function isForwarded({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return forwardedBy.some((header) => headers[header] !== undefined)
}

/** Where a request came from, as far as it can be told: the other end of its connection, and whom that says it came from. */
export function callerOf({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>): {
  readonly from: string
  readonly forwarded?: string
} {
  const said = forwardedBy.flatMap((header) => headers[header] ?? []).join(', ')
  return said === '' ? { from: ip } : { from: ip, forwarded: cutTo(withoutControlCharacters(said), 200) }
}

/**
 * A page in somebody's browser can reach a loopback port. DNS rebinding shows in the Host header; a plain cross-site request
 * shows in Origin. `names`: further host names that are ours, such as that of a proxy in front.
 */
export function browserGuard(
  names: readonly string[],
  onLoopback: boolean,
): (request: FastifyRequest) => void {
  const known = new Set(names.map((name) => name.toLowerCase()))
  return (request) => {
    const { host = '', origin } = request.headers
    const name = hostName(host)
    if (onLoopback && !(isLoopback(name) || known.has(name))) {
      throw turnedAway('Host', {
        en: `"${host.slice(0, 100)}" is not one of this API's names`,
        ja: `"${host.slice(0, 100)}" はこの API の名前ではありません`,
      })
    }
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      throw turnedAway('Origin', {
        en: 'requests from pages of other sites are refused',
        ja: '他のサイトのページからの要求は受け付けません',
      })
    }
  }
}

/** `LOCALHOST:7400` → `localhost`, `[::1]:7400` → `::1`. */
function hostName(host: string): string {
  const name = host.replace(/:\d*$/, '').toLowerCase()
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

function turnedAway(where: string, problem: Text): TurnedAway {
  return new TurnedAway(403, failure('bad-input', { where, problem }))
}
