/** A changed source is bundled again at the next start (docs/development.md): so whatever the workflows import has to be in the hash. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

describe('the name of a bundle of the workflows', () => {
  it('changes with every room that is in it', () => {
    const seen = new Set<string>()
    const follow = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:im|ex)port (?!type)[^'"]*?from '(\.[^']+)'/gm,
      ))
        follow(join(dirname(file), path))
    }
    follow('workflows/index.ts')
    const rooms = [...new Set([...seen].map((file) => relative('.', file).split('/')[0] ?? ''))].sort()
    const hashed = [
      ...readFileSync('workers/bundle.ts', 'utf8').matchAll(/filesBelow\(join\(root, '(\w+)'\)\)/g),
    ]
    assert.deepEqual(hashed.map(([, room]) => room).sort(), rooms)
  })
})
