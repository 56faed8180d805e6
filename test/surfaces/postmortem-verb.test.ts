/** `hikeshi postmortem` over folders of archived runs: no server is needed. */
import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveFolder, eventsFile, runName } from '../../wire/archive.ts'
import { storedIncidents } from '../replay/histories.ts'
import { scratch } from '../scenarios/world.ts'
import { putRuns } from './archived.ts'
import { hikeshi } from './cli-process.ts'

const kept = (play: string) => storedIncidents().find((one) => one.play === play) ?? assert.fail(`no ${play}`)

/** As the workers put it away. */
async function archived(archive: string, play: string): Promise<string> {
  const one = kept(play)
  const folder = archiveFolder(archive, one.incident)
  await putRuns(folder, one)
  return folder
}

describe('hikeshi postmortem', () => {
  it('prints the document of a folder, in both languages, or as data', () =>
    scratch(async (archive) => {
      const folder = await archived(archive, 'many-notes')
      const { incident } = kept('many-notes')
      const english = await hikeshi(['postmortem', folder])
      assert.deepEqual([english.exit, english.err], [0, ''])
      assert.match(english.out, new RegExp(`# Post-mortem: ${incident}`))
      const { out } = await hikeshi(['postmortem', folder, '--lang', 'ja'])
      assert.match(out, /^## 概要$/m)
      const data = JSON.parse((await hikeshi(['postmortem', folder, '-o', 'json', '--format', 'html'])).out)
      assert.deepEqual([data.incident, data.lang, data.format], [incident, 'en', 'html'])
      assert.match(data.text, /^<!doctype html>/)
    }))

  it('writes into a folder, and keeps what people wrote when it is made again; the page shows it', () =>
    scratch(async (archive) => {
      const folder = await archived(archive, 'bad-deploy')
      const { incident } = kept('bad-deploy')
      const first = await hikeshi(['postmortem', folder, '--output', archive])
      const file = join(archive, `${incident}-postmortem.en.md`)
      assert.deepEqual([first.exit, first.out], [0, `written: ${file}\n`])
      const before = await readFile(file, 'utf8')
      await writeFile(
        file,
        before
          .replace('Where we were lucky\n', 'Where we were lucky\n\nSato was awake.\n')
          .replace(/^- Over after .*$/m, '- It was over in no time.'),
      )
      const { out } = await hikeshi(['postmortem', folder, `--output=${archive}/`, '-o', 'json'])
      assert.deepEqual(JSON.parse(out), {
        incident,
        lang: 'en',
        format: 'md',
        file,
        kept: ['summary'],
        offered: [],
        takenOut: [],
      })
      const after = await readFile(file, 'utf8')
      assert.ok(after.includes('Sato was awake.') && after.includes('- It was over in no time.'))
      const page = await hikeshi(['postmortem', folder, '--output', archive, '--format', 'html'])
      assert.equal(page.exit, 0)
      const html = await readFile(join(archive, `${incident}-postmortem.en.html`), 'utf8')
      assert.ok(html.includes('Sato was awake.') && html.includes('It was over in no time.'))
      assert.deepEqual(
        (await readdir(archive)).filter((name) => name.endsWith('.tmp')),
        [],
      )
    }))

  it('refuses a file that is something else, and leaves it as it is', () =>
    scratch(async (archive) => {
      const folder = await archived(archive, 'alerts')
      for (const [name, format] of [
        ['notes.md', 'md'],
        ['site.html', 'html'],
      ] as const) {
        const file = join(archive, name)
        await writeFile(file, 'something of mine')
        const { exit, err } = await hikeshi(['postmortem', folder, '--output', file, '--format', format])
        assert.equal(exit, 2)
        assert.match(err, /HK101/)
        assert.equal(await readFile(file, 'utf8'), 'something of mine')
      }
    }))

  it('refuses a folder whose events do not follow from each other, and one that has none', () =>
    scratch(async (archive) => {
      const folder = await archived(archive, 'alerts')
      const events = join(folder, eventsFile(runName(1)))
      await writeFile(events, (await readFile(events, 'utf8')).replace('応答が遅い', '応答が速い'))
      const changed = await hikeshi(['postmortem', folder])
      assert.match(changed.err, /^HK450/)
      assert.equal((await hikeshi(['postmortem', archive])).exit, 3)
      assert.equal((await hikeshi(['postmortem', 'no such incident'])).exit, 3)
    }))

  it('makes no name of a file of what a folder calls its incident', () =>
    scratch(async (archive) => {
      const folder = await archived(archive, 'alerts')
      const file = join(folder, `${runName(1)}.history.json`)
      const history = JSON.parse(await readFile(file, 'utf8'))
      const [payload] = history.events[0].workflowExecutionStartedEventAttributes.input.payloads
      const input = JSON.parse(Buffer.from(payload.data, 'base64').toString('utf8'))
      input.opening.incident = '../../elsewhere-1'
      payload.data = Buffer.from(JSON.stringify(input)).toString('base64')
      await writeFile(file, JSON.stringify(history))
      const { exit, err } = await hikeshi(['postmortem', folder, '--output', archive])
      assert.deepEqual([exit, err.slice(0, 5)], [3, 'HK203'])
    }))

  it('reads no page as Markdown, whatever its name', () =>
    scratch(async (archive) => {
      const folder = await archived(archive, 'alerts')
      const file = join(archive, 'page')
      for (let again = 0; again < 2; again += 1) {
        const { exit, err } = await hikeshi(['postmortem', folder, '--output', file, '--format', 'html'])
        assert.deepEqual([exit, err], [0, ''])
      }
    }))

  it('has --output for itself, and -o as every verb', async () => {
    const { out } = await hikeshi(['postmortem', '--help'])
    assert.match(out, /--output <path>/)
    assert.match(out, /^ {2}-o <format> +how answers are printed/m)
    assert.equal((await hikeshi(['show', 'shodo-1', '--output', 'somewhere'])).exit, 2)
    assert.match((await hikeshi(['show', '--help'])).out, /-o, --output <format>/)
  })
})
