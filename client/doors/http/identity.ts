/** Who is asking, and what they may. A person is verified exactly when a token says so; whatever else the request claims is refused or unverified. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { expected } from '../../../domain/expected.ts'
import { failure } from '../../../domain/failures.ts'
import { inputFailure } from '../../../domain/incident/commands.ts'
import { isSamePerson, personName } from '../../../domain/person.ts'
import type { Actor, Text } from '../../../domain/words.ts'
import { isForwarded } from './network.ts'
import { TurnedAway } from './problem.ts'
import { type Right, rights } from './token-file.ts'
import type { Tokens } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any route that needs a person runs. */
    actor?: Actor
  }
  interface FastifyContextConfig {
    /** What a person's token must hold for the route. */
    right?: Right
  }
}

/** Lets in whom the token names, each to the routes that the token is for. A route that asks for no right does not come to be. */
export function admitPeople(app: FastifyInstance, tokens: Tokens | undefined): void {
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.right === undefined) throw new Error(`${url} asks for no right`)
  })
  app.addHook('onRequest', async (request) => {
    const { actor, may } = await identify(request, tokens)
    request.actor = actor
    const { right = 'publish' } = request.routeOptions.config
    if (may.includes(right)) return
    const reason = {
      en: `the token allows ${may.join(', ') || 'nothing'}, but this needs ${right}`,
      ja: `このトークンの権限は ${may.join(', ') || 'nothing'} で、この操作には ${right} が必要です`,
    }
    throw new TurnedAway(403, failure('not-permitted', { person: actor.id, reason }))
  })
}

type Identified = { readonly actor: Actor; readonly may: readonly Right[] }

async function identify(request: FastifyRequest, tokens: Tokens | undefined): Promise<Identified> {
  const named = nameIn(request.headers['x-hikeshi-as'])
  if (tokens === undefined) {
    // Whoever passed it on may stand anywhere: that it came over loopback says nothing of its sender.
    if (isForwarded(request)) throw unauthorized(true)
    return { actor: { kind: 'person', id: named ?? 'anonymous', verified: false }, may: rights }
  }
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '') ?? []
  const person = token === undefined ? undefined : await tokens.personOf(token, Date.now())
  if (person === undefined) throw unauthorized(token === undefined)
  if (named !== undefined && !isSamePerson(named, person.name)) {
    throw badInput('X-Hikeshi-As', {
      en: `the token is for ${person.name}; nobody can act as somebody else`,
      ja: `トークンは ${person.name} のものです。他の人として操作することはできません`,
    })
  }
  return { actor: { kind: 'person', id: person.name, verified: true, checked: 'token' }, may: person.may }
}

/** Of an Authorization header: a Bearer token, or the name and the password of Basic. */
export function machineToken(
  authorization: string | undefined,
): { readonly token: string; readonly user?: string } | undefined {
  const [, scheme = '', given = ''] = /^(Bearer|Basic) +([\x21-\x7e]+)$/i.exec(authorization ?? '') ?? []
  if (scheme === '') return undefined
  if (/^bearer$/i.test(scheme)) return { token: given }
  const [, user = '', token = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(given, 'base64').toString()) ?? []
  return token === '' ? undefined : { token, user }
}

/** The person of a request that has passed the door. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === undefined) throw new Error('a route without a person was asked for one')
  return request.actor
}

/** Bodies that bring a person or a proof along are told why that does not work, before the schema only calls it unknown. */
export function refuseClaims(request: FastifyRequest): void {
  const { body } = request
  if (body === null || typeof body !== 'object') return
  if ('by' in body)
    throw badInput('body.by', {
      en: 'the token alone decides who acts; leave it out',
      ja: '操作する人はトークンで決まります。この項目は省いてください',
    })
  if ('attestation' in body)
    throw badInput('body.attestation', {
      en: 'the API adds its own attestation; leave it out',
      ja: '署名は API が行います。この項目は省いてください',
    })
}

/** Node hands headers over as Latin-1; people write their names in UTF-8. */
function nameIn(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string') throw badInput('X-Hikeshi-As', expected('it once', '1 回だけの指定'))
  const utf8 = Buffer.from(header, 'latin1').toString('utf8')
  const name = utf8.includes('\ufffd') ? header : utf8
  const parsed = personName.safeParse(name)
  if (!parsed.success) throw new TurnedAway(400, inputFailure('X-Hikeshi-As', personName, name))
  return parsed.data
}

export function unauthorized(missing: boolean): TurnedAway {
  const reason = missing
    ? { en: 'the request has no token', ja: 'トークンがありません' }
    : { en: 'the token is unknown or has expired', ja: 'トークンが未登録か期限切れです' }
  const challenge = missing ? 'Bearer realm="hikeshi"' : 'Bearer realm="hikeshi", error="invalid_token"'
  return new TurnedAway(
    401,
    failure('not-permitted', { person: { en: 'This request', ja: 'このリクエスト' }, reason }),
    {
      'www-authenticate': challenge,
    },
  )
}

function badInput(where: string, problem: Text): TurnedAway {
  return new TurnedAway(400, failure('bad-input', { where, problem }))
}
