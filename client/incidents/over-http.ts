/** Incidents through the API, which knows from the token who is asking: the way for approvals that need a verified person. */
import { expected } from '../../domain/expected.ts'
import { type Failure, failure, failures, isFailure } from '../../domain/failures.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { present } from '../../domain/present.ts'
import { isEnd } from '../../domain/words.ts'
import { Refused, refused } from '../../edge/refused.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { isLoopback } from '../loopback.ts'
import { reasonOf } from '../temporal/connect.ts'
import { checkIncident } from './commands.ts'
import type { Incidents } from './incidents.ts'
import type { Listed } from './list.ts'
import { pictureTaken } from './picture.ts'
import type { Shown } from './shown.ts'

export type ApiSettings = { readonly url: string; readonly token: string }

const connectWithinMs = 4_500
/** Commands wait for a worker as long as the API does. */
const answerWithinMs = 30_000
const lookAgainMs = 1_000

type Ask = <T>(method: 'GET' | 'POST', path: string, body?: unknown) => Promise<T>

/** Of what the API lists of a runbook, what is needed here. */
type RunbookListed = { readonly runbook: string; readonly services: readonly string[] }

/** The person is the token's: `by` of every call stays here and is never sent. */
export function incidentsOverHttp(settings: ApiSettings): Incidents {
  const ask: Ask = (method, path, body) => request(settings, method, path, body)
  const show = async (incident: string) => ask<Shown>('GET', placeOf(incident))
  const timeline = async (incident: string, from = 1) =>
    ask<readonly IncidentEvent[]>('GET', `${placeOf(incident)}/timeline?from=${from}`)
  return {
    declare: ({ declaration, key, fresh, system }) =>
      ask('POST', '/incidents', { ...declaration, key, fresh, system }),
    command: async (incident, { type, by: _, ...rest }) => ask('POST', `${placeOf(incident)}/${type}`, rest),
    show,
    list: ({ all, service, phase } = {}) => {
      const query = new URLSearchParams({
        ...present({ all: all === true ? 'true' : undefined, service, phase }),
      })
      return ask<readonly Listed[]>('GET', `/incidents?${query}`)
    },
    timeline: (incident) => wholeTimeline(timeline, incident),
    situation: (incident) => situation(ask, show, incident),
    similar: (incident, about) =>
      ask('GET', `${placeOf(incident)}/similar?${new URLSearchParams({ ...present(about ?? {}) })}`),
    diagnose: (wanted) => ask('POST', '/diagnoses', wanted),
    overview: (order) => ask('POST', '/overviews', order),
    desks: async () => {
      const published = await ask<readonly RunbookListed[]>('GET', '/runbooks')
      return published.map(({ runbook, services }) => ({ desk: runbook, services }))
    },
    read: (order) => ask('POST', '/readings', order),
    freeze: (on) => ask('POST', '/freeze', { on }),
    publish: ({ book, signatures }) => ask('POST', '/runbooks', { book, signatures }),
    withdraw: (runbook, { reason }) =>
      ask('POST', `/runbooks/${encodeURIComponent(runbook)}/withdraw`, { reason }),
    watch: (incident, signal, { fromSeq, onTrouble } = {}) =>
      poll({ show, timeline, incident, signal, fromSeq, onTrouble }),
  }
}

/** What cannot be an incident is not asked for: a proxy before the API would answer some names with a page of its own. */
function placeOf(incident: string): string {
  checkIncident(incident)
  return `/incidents/${incident}`
}

/** The API hands a long timeline out in pages; the end of it is an empty one. */
async function wholeTimeline(
  page: (incident: string, from: number) => Promise<readonly IncidentEvent[]>,
  incident: string,
): Promise<readonly IncidentEvent[]> {
  const events: IncidentEvent[] = []
  for (;;) {
    const more = await page(incident, (events.at(-1)?.seq ?? 0) + 1)
    if (more.length === 0) return events
    events.push(...more)
  }
}

async function situation(
  ask: Ask,
  show: (incident: string) => Promise<Shown>,
  incident: string,
): Promise<IncidentView> {
  await ask('POST', `${placeOf(incident)}/situation`, {})
  const look = async () => {
    const shown = await show(incident)
    if (shown.source !== 'worker') return undefined
    const { source: _, ...view } = shown
    return view
  }
  return pictureTaken(incident, look, 200)
}

type Polling = {
  readonly show: (incident: string) => Promise<Shown>
  readonly timeline: (incident: string, from: number) => Promise<readonly IncidentEvent[]>
  readonly incident: string
  readonly signal: AbortSignal
  readonly fromSeq: number | undefined
  readonly onTrouble: ((trouble: Refused) => void) | undefined
}

/** HTTP has no long-poll here: it looks every second, and ends with the incident. */
async function* poll(polling: Polling): AsyncGenerator<IncidentEvent, void> {
  const { show, timeline, incident, signal, fromSeq, onTrouble } = polling
  const first = await show(incident)
  let next = fromSeq ?? (first.source === 'worker' ? first.head.seq + 1 : 1)
  while (!signal.aborted) {
    try {
      const events = await timeline(incident, next)
      yield* events
      next = (events.at(-1)?.seq ?? next - 1) + 1
      // Nothing comes after the archive of the last run, or ticks of the last checklist alone, for which nobody waits.
      if (events.length === 0 && isOver(await show(incident))) return
    } catch (error) {
      if (!(error instanceof Refused) || !failures[error.failure.name].retryable) throw error
      onTrouble?.(error)
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
}

function isOver(shown: Shown): boolean {
  return isEnd(shown.source === 'worker' ? shown.state.phase : shown.phase)
}

/** Whoever reads the token on its way is its person from then on. */
function isFitForToken(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')))
}

async function request<T>(
  { url, token }: ApiSettings,
  method: 'GET' | 'POST',
  path: string,
  body: unknown,
): Promise<T> {
  const address = `${url.replace(/\/+$/, '')}${path}`
  if (!isFitForToken(address))
    throw refused('bad-input', {
      where: 'HIKESHI_API_URL',
      problem: expected(
        'an address with https://, or http:// on this machine',
        'https:// で始まるアドレス（このマシン上なら http:// も可）',
      ),
    })
  let answer: Response
  try {
    answer = await fetch(address, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
      },
      ...present({ body: body === undefined ? undefined : JSON.stringify(body) }),
      // A token must not follow to wherever somebody points it.
      redirect: 'error',
      signal: AbortSignal.timeout(method === 'GET' ? connectWithinMs : answerWithinMs),
    })
  } catch (cause) {
    throw refused('api-unreachable', { address: url, reason: reasonOf(cause) }, { cause })
  }
  const content: unknown = await answer.json().catch(() => undefined)
  if (answer.ok) return content as T
  throw new Refused(problemIn(content, url, answer.status))
}

function problemIn(content: unknown, address: string, status: number): Failure {
  if (!isFailure(content)) return failure('api-unreachable', { address, reason: `HTTP ${status}` })
  const { name, code, params } = content
  return { name, code, params }
}
