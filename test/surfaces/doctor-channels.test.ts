import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkChannels } from '../../client/doctor/channels.ts'
import { said } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'
import { scratch } from '../scenarios/world.ts'

describe('the doctor on the channels file', () => {
  const hook = 'kind: webhook, url: "https://pager.example.com/in", secretEnv: PAGER_SECRET'
  const whole = `channels: { oncall: { ${hook} }, mail: { kind: log } }\nalarm: [{ person: mori, channel: mail }]`
  const env = { PAGER_SECRET: 'sixteen bytes or more' }

  const looked = (text: string, env: Record<string, string> = {}) =>
    scratch(async (dir) => {
      const file = join(dir, 'channels.yaml')
      await writeFile(file, text)
      const found = await checkChannels({ ...env, HIKESHI_CHANNELS: file }, [smallBook()])
      return found.map(({ status, says }) => [status, says.en.replace(file, 'FILE')])
    })

  it('is content with one that has all that the runbooks name', async () => {
    assert.deepEqual(await looked(whole, env), [['ok', 'oncall, mail']])
  })

  it('names every mistake that would keep a worker from starting, and quotes no secret', async () => {
    const text = 'channels: { oncall: { kind: webhok }, mail: { kind: log, secret: hunter2 } }'
    await assert.rejects(looked(text), (error) => {
      const { name, params } = error instanceof Refused ? error.failure : assert.fail(String(error))
      assert.equal(name, 'bad-input')
      assert.match(
        said(params.problem).en,
        /channels\.oncall\.kind: .*"webhok".*channels\.mail\.secret: secrets/,
      )
      assert.doesNotMatch(JSON.stringify(params), /hunter2/)
      return true
    })
  })

  it('says which channel lacks its secret here, where the workers may have it', async () => {
    assert.deepEqual(await looked(whole), [
      ['ok', 'oncall, mail'],
      ['warn', 'channels.oncall: its secret is not set in the environment (PAGER_SECRET).'],
    ])
  })

  it('says what the runbooks name and the file lacks, and that the alarm calls nobody', async () => {
    const lacking = `channels: { oncall: { ${hook} } }`
    assert.deepEqual(await looked(lacking, env), [
      ['fail', 'the runbooks name channels that FILE lacks: mail'],
    ])
    assert.deepEqual(await looked(whole.replace(/alarm.*/, ''), env), [
      ['ok', 'oncall, mail'],
      ['warn', 'no "alarm" is set: nobody is paged if a workflow itself gets stuck'],
    ])
  })
})
