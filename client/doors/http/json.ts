/** JSON or nothing. A POST without a body needs the header as well: it is what makes a browser ask first, and nobody answers it. */

import type { FastifyInstance } from 'fastify'
import { depthOf, mostNested } from '../../../domain/depth.ts'
import { expected } from '../../../domain/expected.ts'
import { failure } from '../../../domain/failures.ts'
import type { Text } from '../../../domain/words.ts'
import { TurnedAway } from './problem.ts'

export function onlyJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer
    if (depthOf(bytes) > mostNested.json)
      return done(
        turnedAway(
          400,
          'body',
          expected(`values nested at most ${mostNested.json} deep`, `${mostNested.json} 段以下の入れ子の値`),
        ),
      )
    const source = bytes.toString('utf8')
    if (source.trim() === '') done(null, {})
    else parseJson(request, source, done)
  })
  app.addHook('onRequest', async ({ method, headers }) => {
    if (method !== 'POST' || /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return
    throw turnedAway(415, 'Content-Type', expected('application/json', 'application/json'))
  })
  app.addHook('preValidation', async (request) => {
    if (request.method === 'POST') request.body ??= {}
  })
}

function turnedAway(status: number, where: string, problem: Text): TurnedAway {
  return new TurnedAway(status, failure('bad-input', { where, problem }))
}
