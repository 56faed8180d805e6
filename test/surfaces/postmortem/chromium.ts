/** Chromium without a screen, spoken to over its debugging pipe: nothing of it is left when `close` returns. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const programs = ['chromium', 'chromium-browser', 'google-chrome']

export const chromium: string | undefined = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => programs.map((name) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Why there is none; undefined where there is one. */
export const noChromium =
  chromium === undefined ? 'no chromium on this machine (Debian: chromium)' : undefined

type Answer = {
  readonly id?: number
  readonly method?: string
  readonly result?: unknown
  readonly error?: { readonly message: string }
  readonly params?: unknown
  readonly sessionId?: string
}

export type Browser = {
  /** Sends one command of the DevTools protocol to the page. */
  readonly send: <T>(method: string, params?: object) => Promise<T>
  /** Opens an address and waits until it is loaded. */
  readonly open: (url: string) => Promise<void>
  /** Requests that the page made, its own address aside. */
  readonly requests: readonly string[]
  /** What the page's policy refused, and errors. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'hikeshi-chromium-'))
  const child = spawn(
    chromium ?? '',
    [
      '--headless=new',
      '--remote-debugging-pipe',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      `--user-data-dir=${profile}`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  )
  const ask = pipeOf(child)
  const requests: string[] = []
  const complaints: string[] = []
  const { targetId } = await ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await ask<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
  const send = <T>(method: string, params: object = {}) => ask<T>(method, params, sessionId)
  const loaded = new Set<() => void>()
  ask.heard(({ method, params }) => {
    if (method === 'Page.loadEventFired') for (const each of loaded) each()
    if (method === 'Network.requestWillBeSent')
      requests.push((params as { readonly request: { readonly url: string } }).request.url)
    if (method === 'Log.entryAdded')
      complaints.push((params as { readonly entry: { readonly text: string } }).entry.text)
  })
  for (const domain of ['Page', 'Network', 'Log']) await send(`${domain}.enable`)
  return {
    send,
    requests,
    complaints,
    open: async (url) => {
      const isLoaded = new Promise<void>((resolve) => {
        const done = () => {
          loaded.delete(done)
          resolve()
        }
        loaded.add(done)
      })
      await send('Page.navigate', { url })
      await isLoaded
    },
    close: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Messages are JSON with a zero byte behind each. */
function pipeOf(child: ChildProcess) {
  const [, , , into, outOf] = child.stdio as [unknown, unknown, unknown, Writable, Readable]
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  const listeners: ((answer: Answer) => void)[] = []
  let buffered = ''
  let last = 0
  outOf.setEncoding('utf8')
  outOf.on('data', (chunk: string) => {
    const parts = (buffered + chunk).split('\0')
    buffered = parts.pop() ?? ''
    for (const part of parts) {
      const answer = JSON.parse(part) as Answer
      const one = answer.id === undefined ? undefined : waiting.get(answer.id)
      if (one === undefined) for (const listener of listeners) listener(answer)
      else if (answer.error !== undefined) one.reject(new Error(answer.error.message))
      else one.resolve(answer.result as never)
    }
  })
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('chromium ended'))
  })
  const ask = <T>(method: string, params: object = {}, sessionId?: string): Promise<T> => {
    last += 1
    const id = last
    into.write(
      `${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`,
    )
    return new Promise<T>((resolve, reject) => waiting.set(id, { resolve: resolve as never, reject }))
  }
  return Object.assign(ask, { heard: (listener: (answer: Answer) => void) => listeners.push(listener) })
}
