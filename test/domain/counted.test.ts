import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { counted, verbFor } from '../../domain/counted.ts'

describe('what is counted', () => {
  it('is one key, and several keys', () => {
    const says = [0, 1, 2].map((keys) => `${counted(keys, 'key')} ${verbFor(keys)} left`)
    assert.deepEqual(says, ['0 keys are left', '1 key is left', '2 keys are left'])
  })

  it('is never a bare number before a plural, of which nobody knows that it is not 1', () => {
    // After "of" stands what something is a part of: "1 of 1 pods".
    const plural =
      /(?<!(?:of|of about|last|between \S+ and) )\$\{[^{}]+\} (?:keys|replicas|restarts|pods|times|requests|connections|containers|events)\b/g
    // Figures that are never 1: "1/2", and bounds of ours.
    const never = /containersReady|mostTries|or more/
    const bare = ['domain', 'activities', 'channels'].flatMap((ring) =>
      readdirSync(ring, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => {
          const found = readFileSync(join(ring, file), 'utf8').match(plural) ?? []
          return found.filter((words) => !never.test(words)).map((words) => `${ring}/${file}: ${words}`)
        }),
    )
    assert.deepEqual(bare, [])
  })
})
