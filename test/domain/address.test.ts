import assert from 'node:assert/strict'
import { link, webAddress } from '../../domain/address.ts'
import { runbookSchema } from '../../domain/runbook/runbook.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import { smallBook } from './incident/small-runbook.ts'

describe('an address that is shown to people', () => {
  const withLogin = [
    'https://user:hunter2@api.example.com/health',
    'https://user@api.example.com/',
    'http://:hunter2@api.example.com/',
    'https:user:hunter2@api.example.com/',
    'https:\\\\user:hunter2@api.example.com/',
    'ht\ntps://us\ter:hunter2@api.example.com/',
  ]

  it('never holds a user or a password, however browsers would read it', () => {
    for (const url of withLogin) {
      assert.equal(webAddress.safeParse(url).success, false, url)
      assert.equal(link.safeParse(url).success, false, url)
    }
    assert.equal(link.safeParse('ftp://user:hunter2@files.example.com/').success, false)
  })

  it('may hold an @ elsewhere', () => {
    for (const url of [
      'https://api.example.com/@team/health',
      'https://api.example.com/?to=a@b',
      'https://a.example/#@',
    ])
      assert.equal(webAddress.safeParse(url).success, true, url)
    assert.equal(link.safeParse('mailto:oncall@example.com').success, true)
  })

  it('is refused in every step that asks one, in services, links and checklists', () => {
    const [url] = withLogin
    for (const [name, kind] of Object.entries(catalogue)) {
      if (!name.startsWith('http.')) continue
      const { success, error } = kind.params.safeParse({ url })
      assert.equal(success, false, name)
      assert.match(String(error?.issues[0]?.message), /without user and password/)
    }
    const book = smallBook()
    const title = { ja: 'a', en: 'a' }
    for (const wrong of [
      { ...book, links: [{ title, url }] },
      { ...book, firstResponse: [{ id: 'a', title, url }] },
      { ...book, services: { backend: { ...book.services.backend, health: url } } },
    ])
      assert.match(JSON.stringify(runbookSchema.safeParse(wrong).error?.issues), /without user and password/)
  })
})
