import assert from 'node:assert/strict'
import { planCall, readCall, runCall } from '../../activities/calls.ts'
import { carriedBy } from '../../wire/carried.ts'
import { callOf, context } from './signed-calls.ts'

const refusalOf = (parse: () => unknown) => {
  try {
    parse()
    return 'parsed'
  } catch (error) {
    return carriedBy(error)?.name ?? assert.fail(String(error))
  }
}

describe('what a changing activity is called with', () => {
  it('names a run of the very incident, because folders and locks are named by it', () => {
    const call = callOf('postgres.restore')
    const askedAs = (stepRun: string, incident = context.incident) => ({
      ...call,
      context: { ...context, incident, stepRun },
    })
    for (const stepRun of ['shodo-42/repair', 'shodo-42/repair.2', 'shodo-42/4-eyes.1000'])
      assert.equal(
        refusalOf(() => runCall(askedAs(stepRun))),
        'parsed',
        stepRun,
      )
    const forged = [
      '/tmp',
      '/repair',
      'repair',
      '/tmpshodo-42',
      '/shodo-42',
      'shodo-42',
      'shodo-42/',
      'shodo-4/repair',
      'shodo-421/repair',
      'xshodo-42/repair',
      '/shodo-42/repair',
      'shodo-42/../repair',
      'shodo-42/repair/x',
      'shodo-42/shodo-42/repair',
      'shodo-42//repair',
      'shodo-42/repair.',
      'shodo-42/repair.99999',
      'shodo-42/repair\n',
      'shodo-42/Repair',
      '',
    ]
    for (const stepRun of forged)
      for (const parse of [runCall, planCall])
        assert.equal(
          refusalOf(() => parse(askedAs(stepRun))),
          'bad-input',
          JSON.stringify(stepRun),
        )
    assert.equal(
      refusalOf(() => runCall(askedAs('shodo-42/repair', 'shodo-43'))),
      'bad-input',
    )
  })

  it('while a reading may be of a look', () => {
    const look = { ...context, incident: 'look/shodo/backend/1', stepRun: 'look/shodo/backend/1/pods' }
    assert.equal(
      refusalOf(() => readCall({ context: look, params: {} })),
      'parsed',
    )
  })
})
