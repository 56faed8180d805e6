/** The page in a real browser: on a telephone, on a desk, on paper. What was seen is kept in the folder that the test names. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { htmlPage } from '../../../client/postmortem/html.ts'
import { markdownPieces } from '../../../client/postmortem/markdown.ts'
import type { Lang } from '../../../domain/words.ts'
import { kato, person, World } from '../../domain/incident/world.ts'
import { madeOf, stored } from '../../domain/postmortem/told.ts'
import { describeUnless } from '../../lab/skip.ts'
import { type Browser, noChromium, openBrowser } from './chromium.ts'

const seen = join(tmpdir(), 'hikeshi-test-output', 'postmortem')

describeUnless(noChromium, 'the page of a post-mortem in Chromium', function () {
  this.timeout(120_000)
  let browser: Browser
  before(async () => {
    mkdirSync(seen, { recursive: true })
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    console.log(`      screenshots and prints: ${seen}`)
  })

  const screen = (width: number, height: number) =>
    browser.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 500,
    })
  const value = async <T>(expression: string): Promise<T> => {
    const { result } = await browser.send<{ result: { value: T } }>('Runtime.evaluate', {
      expression,
      returnByValue: true,
    })
    return result.value
  }
  const shoot = async (name: string) => {
    const { data } = await browser.send<{ data: string }>('Page.captureScreenshot', {
      captureBeyondViewport: false,
    })
    writeFileSync(join(seen, `${name}.png`), Buffer.from(data, 'base64'))
  }
  const openPage = async (name: string, source: Parameters<typeof madeOf>[0], lang: Lang) => {
    const document = madeOf(source)
    const file = join(seen, `${name}.html`)
    writeFileSync(file, htmlPage(markdownPieces(document, lang), document, lang))
    await browser.open(pathToFileURL(file).href)
  }

  for (const lang of ['en', 'ja'] as const)
    it(`fits 360 pixels, is read without zooming, and needs nothing from anywhere (${lang})`, async () => {
      for (const { play, ...source } of stored()) {
        await screen(360, 780)
        await openPage(`${play}.${lang}`, source, lang)
        await shoot(`${play}.${lang}.360`)
        assert.equal(await value<number>('document.documentElement.scrollWidth'), 360, play)
        const small = `[...document.querySelectorAll('li,p,td,svg text')].filter((e) => e.checkVisibility() && Number.parseFloat(getComputedStyle(e).fontSize) < 10).length`
        assert.equal(await value<number>(small), 0, play)
      }
      assert.deepEqual(
        browser.requests.filter((url) => !url.startsWith('file:')),
        [],
      )
      assert.deepEqual(browser.complaints, [])
    })

  it('has summary, impact, detection, resolution and what is open on the first screen of a desk', async () => {
    const source = stored().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')
    await screen(1440, 900)
    await openPage('desk', source, 'en')
    await shoot('bad-deploy.en.1440')
    const bottom = await value<number>(
      `Math.max(...['summary','impact','detection','course','resolution','open'].map((id) => document.getElementById(id).getBoundingClientRect().bottom))`,
    )
    assert.ok(bottom <= 900, `${bottom}`)
    assert.equal(await value<number>(`document.querySelectorAll('svg a').length > 0 ? 1 : 0`), 1)
  })

  it('prints on paper', async () => {
    const source = stored().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')
    await openPage('paper', source, 'ja')
    const { data } = await browser.send<{ data: string }>('Page.printToPDF', {
      paperWidth: 8.27,
      paperHeight: 11.69,
    })
    const pdf = Buffer.from(data, 'base64')
    writeFileSync(join(seen, 'bad-deploy.ja.pdf'), pdf)
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
    assert.ok(pages >= 2 && pages <= 20, `${pages} pages`)
  })

  it('obeys no word of an attacker', async () => {
    const attack = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'"><svg onload="document.title='owned'">`
    const world = new World({ description: attack, by: person("o'neill") })
    world.command('note', kato, { text: attack })
    await openPage('attack', world, 'en')
    assert.equal(await value<string>('document.title'), 'Post-mortem: shodo-42')
    assert.equal(
      await value<number>(`document.querySelectorAll('script,img,iframe,object,[onload],[onerror]').length`),
      0,
    )
    assert.ok((await value<string>(`document.getElementById('summary').textContent`)).includes('<script>'))
  })
})
