import assert from 'node:assert/strict'
import { asText } from '../../workflows/markdown.ts'
import { aoki, command, openDesk, until, type World, world } from '../scenarios/world.ts'

const marked = [
  '[Log in again](https://evil.example/login)',
  '![](https://evil.example/seen.png)',
  '<img src=x onerror=alert(1)>',
  '# Resolved',
  'All **well**, _really_, ~~down~~ `up`',
  '| a | b |',
  '&lt;b&gt;',
  'see https://evil.example/login and www.evil.example, or ftp://evil.example',
]

describe('what others say, on the screens of Temporal', () => {
  it('is text: without links, images, headings, emphasis and markup', () => {
    for (const said of marked) {
      const text = asText(said)
      assert.doesNotMatch(text.replaceAll(/\\./g, ''), /[\\`*_{}[\]()<>#+!|~&]/, text)
      // A bare address becomes a link however it is escaped.
      assert.doesNotMatch(text, /[a-z]:\/\/|www\./i)
      const read = text.replaceAll(/\\(.)/g, '$1')
      assert.equal(read.replaceAll(': //', '://').replaceAll('www .', 'www.'), said)
    }
    assert.equal(asText('one\n\n# two'), 'one \\# two')
    assert.ok(asText('x'.repeat(1_000)).length <= 300)
  })

  describe('in a workflow', () => {
    let here: World
    before(async function () {
      this.timeout(300_000)
      here = await world()
    })

    it('is so in its title and in its details', async () => {
      const [link = ''] = marked
      const desk = await openDesk(here)
      const { incident } = await desk.declare({ description: link })
      await until(here.client, incident, 'a picture', (v) => v.state.situation.taken !== undefined)
      const handle = here.client.workflow.getHandle(incident)
      const { raw } = await handle.describe()
      const { data } = raw.executionConfig?.userMetadata?.summary ?? {}
      const title = JSON.parse(Buffer.from(data ?? []).toString())
      assert.equal(title, `[HIGH] backend: ${asText(link)}`)
      await command(here.client, incident, 'cancel', aoki, { reason: 'test' })
    })
  })
})
