/** `hikeshi record` over an API in this process: a real command each time, and the file that it leaves. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openRecording } from '../../client/recording/recording-file.ts'
import { maskerOf } from '../../domain/evidence/mask.ts'
import { headOf, isRecordingOf, recordingNote, recordingsTold } from '../../domain/evidence/recording.ts'
import { makeFolder } from '../../edge/folder.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { scratch } from '../scenarios/world.ts'
import { openDoor } from './api-door.ts'
import { hikeshi } from './cli-process.ts'
import { ended, run, start } from './program.ts'

const declaredAtMs = Date.parse('2026-11-30T09:30:00.000Z')
const receipt = { seq: 12, hash: 'a'.repeat(64) }
const token = 'A'.repeat(43)

type Noted = { readonly incident: string; readonly text: string }
type At = {
  readonly env: Readonly<Record<string, string>>
  readonly notes: Noted[]
  /** Where recordings of shodo-1 lie. */
  readonly folder: string
  readonly dir: string
}

/** An open incident, shodo-1, and a machine with an archive. */
function atDesk(work: (at: At) => Promise<void>, phase = 'mitigating'): Promise<void> {
  return scratch(async (dir) => {
    const notes: Noted[] = []
    const state = { phase, declaredAtMs } as IncidentView['state']
    const door = await openDoor({
      show: async () => ({ source: 'worker', state, head: receipt }) as never,
      list: async () => [],
      command: async (incident, { text }: { readonly text?: string } & object) => {
        notes.push({ incident, text: text ?? '' })
        return { receipt } as never
      },
    })
    const archive = join(dir, 'archive')
    const folder = join(archive, 'shodo-1', 'recordings')
    const env = {
      HIKESHI_API_URL: door.url,
      HIKESHI_API_TOKEN: token,
      HIKESHI_ARCHIVE: archive,
      HOME: join(dir, 'home'),
      PATH: process.env.PATH ?? '',
    }
    await makeFolder(archive)
    try {
      await work({ env, notes, folder, dir })
      assert.deepEqual(door.unexpected, [])
    } finally {
      await door.close()
    }
  })
}

/** The only recording, line by line. */
async function recordingIn(
  folder: string,
): Promise<{ readonly file: string; readonly lines: readonly string[] }> {
  const [file = '', ...others] = await readdir(folder)
  assert.deepEqual(others, [])
  const text = await readFile(join(folder, file), 'utf8')
  assert.ok(text.endsWith('\n'))
  return { file, lines: text.split('\n').slice(0, -1) }
}

const withoutTimes = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ''))

describe('a recorded command', function () {
  this.timeout(120_000)

  it('prints what it prints, keeps it by stream and time, and is a note with its digest', () =>
    atDesk(async ({ env, notes, folder }) => {
      const ran = await hikeshi(
        ['record', 'shodo-1', '--', 'sh', '-c', 'echo seen; echo "$1" >&2; exit 7', 'x', 'a b'],
        { env },
      )
      assert.deepEqual([ran.exit, ran.out], [7, 'seen\n'])
      assert.match(ran.err, /^a b\nshodo-1 recorded \(#12 aaaaaaaa\): \S+\.log\n$/)
      const { file, lines } = await recordingIn(folder)
      const [head = '', ...rest] = lines
      assert.deepEqual(headOf(head)?.command, ['sh', '-c', 'echo seen; echo "$1" >&2; exit 7', 'x', 'a b'])
      assert.equal(headOf(head)?.declaredAt, '2026-11-30T09:30:00.000Z')
      assert.deepEqual(withoutTimes(rest.slice(0, -1)).toSorted(), ['err a b', 'out seen'])
      assert.match(rest.at(-1) ?? '', /^# ended \{"at":"[^"]+Z","exit":7,"cutBytes":0\}$/)
      const digest = createHash('sha256')
        .update(await readFile(join(folder, file)))
        .digest('hex')
      const [{ incident, text } = assert.fail('no note'), ...others] = notes
      assert.deepEqual([incident, others], ['shodo-1', []])
      assert.match(
        text,
        /^recorded: sh -c 'echo seen; echo "\$1" >&2; exit 7' x 'a b'\nexit code 7 after \S+, 2 lines, /,
      )
      assert.deepEqual(recordingsTold([{ seq: 3, type: 'noted', data: { text } }]), [
        { seq: 3, path: `recordings/${file}`, sha256: digest },
      ])
    }))

  it('passes bytes on as they are, to whoever reads the pipe', () =>
    atDesk(async ({ env, folder }) => {
      const child = start(['record', 'shodo-1', '--', 'printf', String.raw`\000\377\200`], { env })
      const pieces: Buffer[] = []
      child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
      const [code] = await once(child, 'close')
      assert.deepEqual([code, Buffer.concat(pieces)], [0, Buffer.from([0, 255, 128])])
      const { lines } = await recordingIn(folder)
      assert.deepEqual(withoutTimes(lines.slice(1, -1)), ['out \0\ufffd\ufffd'])
    }))

  it('leaves standard output to the answer with -o json', () =>
    atDesk(async ({ env, folder }) => {
      const ran = await hikeshi(['record', 'shodo-1', '-o', 'json', '--', 'echo', '-o', 'table'], { env })
      const { file, ...answer } = JSON.parse(ran.out)
      assert.equal(ran.err, '-o table\n')
      assert.deepEqual(
        [file, answer.incident, answer.exit, answer.lines, answer.receipt, answer.command],
        [join(folder, (await recordingIn(folder)).file), 'shodo-1', 0, 1, receipt, ['echo', '-o', 'table']],
      )
    }))

  it('keeps no secret that a mask knows, the team’s own neither, and its words none in the timeline', () =>
    atDesk(async ({ env, notes, folder, dir }) => {
      const policy = join(dir, 'policy.yaml')
      await writeFile(policy, "mask:\n  - { name: customer, pattern: 'C\\d{8}' }\n")
      const words = ['echo', '--password', 'hunter2', 'C12345678', 'postgres://app:sesame@db/x']
      const ran = await hikeshi(['record', 'shodo-1', '--', ...words], {
        env: { ...env, HIKESHI_POLICY: policy },
      })
      assert.equal(ran.out, '--password hunter2 C12345678 postgres://app:sesame@db/x\n')
      const { lines } = await recordingIn(folder)
      for (const secret of ['hunter2', 'C12345678', 'sesame'])
        for (const kept of [lines.join('\n'), notes[0]?.text ?? assert.fail()])
          assert.ok(!kept.includes(secret), `${secret} in ${kept}`)
      assert.match(lines.join('\n'), /\[masked:customer\]/)
      assert.match(notes[0]?.text ?? '', /secrets masked/)
    }))

  it('is there until the last whole line when its recorder is killed', () =>
    atDesk(async ({ env, notes, folder }) => {
      const child = start(['record', 'shodo-1', '--', 'sh', '-c', 'echo one; echo two; read -r line'], {
        env,
      })
      const said: string[] = []
      const over = ended(child)
      await new Promise<void>((resolve) =>
        child.stdout?.on('data', (piece) => {
          said.push(String(piece))
          if (said.join('').includes('two\n')) resolve()
        }),
      )
      await untilKept(folder, 'out two\n')
      child.kill('SIGKILL')
      await over
      const { lines } = await recordingIn(folder)
      assert.deepEqual(withoutTimes(lines.slice(1)), ['out one', 'out two'])
      assert.deepEqual(notes, [])
    }))

  it('gets the signal that its recorder gets, and is told of with the exit code of that', () =>
    atDesk(async ({ env, notes, folder }) => {
      const child = start(['record', 'shodo-1', '--', 'sh', '-c', 'echo ready; read -r line'], { env })
      const over = ended(child)
      await once(child.stdout ?? assert.fail(), 'data')
      child.kill('SIGTERM')
      assert.equal((await over).code, 143)
      assert.match((await recordingIn(folder)).lines.at(-1) ?? '', /"exit":143/)
      assert.match(notes[0]?.text ?? '', /exit code 143/)
    }))

  it('runs also where nobody answers, and says how the timeline gets to know of it', () =>
    atDesk(async ({ env, folder }) => {
      const ran = await hikeshi(['record', 'shodo-1', '--', 'echo', 'on its own'], {
        env: { ...env, HIKESHI_API_URL: 'http://127.0.0.1:1' },
      })
      assert.deepEqual([ran.exit, ran.out], [0, 'on its own\n'])
      assert.match(ran.err, /HK5\d\d /)
      const { file, lines } = await recordingIn(folder)
      assert.match(
        ran.err,
        new RegExp(
          `hikeshi note shodo-1 --stdin":\nrecorded: echo 'on its own'\n.*\nrecordings/${file} sha256`,
        ),
      )
      const head = headOf(lines[0] ?? '') ?? assert.fail()
      assert.ok(isRecordingOf(head, { incident: 'shodo-1', declaredAtMs }))
      assert.ok(!isRecordingOf(head, { incident: 'shodo-1', declaredAtMs: Date.parse(head.at) + 1 }))
    }))

  it('is not run under an incident that is over or cannot be one', () =>
    atDesk(async ({ env, dir, folder }) => {
      const mark = join(dir, 'was-run')
      for (const [incident, exit] of [
        ['shodo-1', 4],
        ['../shodo', 3],
      ] as const) {
        const ran = await hikeshi(['record', incident, '--', 'touch', mark], { env })
        assert.deepEqual([ran.exit, existsSync(mark), existsSync(folder)], [exit, false, false], ran.err)
      }
    }, 'closed'))

  it('that does not exist leaves nothing behind', () =>
    atDesk(async ({ env, notes, folder }) => {
      const ran = await hikeshi(['record', 'shodo-1', '--', 'no-such-program'], { env })
      assert.deepEqual([ran.exit, ran.out], [2, ''])
      assert.match(ran.err, /^HK114 "no-such-program" cannot be started: /)
      assert.deepEqual([await readdir(folder), notes], [[], []])
    }))

  it('lies in a folder of its person’s own where the archive cannot be written', async () => {
    if (process.getuid?.() === 0) {
      // Nothing is forbidden to root: a file in the place of the folder stands for it.
      return atDesk(async ({ env, dir }) => {
        await writeFile(join(dir, 'archive', 'shodo-1'), '')
        await recordsAtHome(env, dir)
      })
    }
    return atDesk(async ({ env, dir }) => {
      await chmod(join(dir, 'archive'), 0o500)
      await recordsAtHome(env, dir)
    })
  })

  it('and where the archive is not there, which it does not make', () =>
    atDesk(async ({ env, dir }) => {
      const nowhere = join(dir, 'not-mounted')
      await recordsAtHome({ ...env, HIKESHI_ARCHIVE: nowhere }, dir)
      assert.ok(!existsSync(nowhere))
    }))

  it('is kept to a limit, and says how much more was printed', () =>
    scratch(async (dir) => {
      const path = join(dir, 'recording.log')
      const head = { incident: 'shodo-1', by: 'mori', at: new Date().toISOString(), command: ['yes'] }
      const recording = openRecording(path, head, maskerOf([]), 1_000)
      for (let i = 0; i < 100; i++) recording.take('out', Buffer.from(`line ${String(i).padStart(4, '0')}\n`))
      const { lines, bytes, cutBytes, sha256 } = recording.end(0)
      const text = await readFile(path, 'utf8')
      assert.ok(bytes < 1_200 && bytes === Buffer.byteLength(text), `${bytes}`)
      assert.equal(cutBytes, (100 - lines) * 10)
      assert.match(text, new RegExp(`"cutBytes":${cutBytes}\\}\n$`))
      assert.equal(sha256, createHash('sha256').update(text).digest('hex'))
      const recorded = {
        file: 'x',
        command: ['yes'],
        exit: 0,
        tookMs: 1,
        lines,
        bytes,
        masked: 0,
        cutBytes,
        sha256,
      }
      assert.match(recordingNote(recorded, 'en'), /more were printed and not kept/)
      assert.match(recordingNote(recorded, 'ja'), /は未保存/)
    }))
})

describe('a recorded shell', function () {
  this.timeout(120_000)

  it('is refused without a terminal', () =>
    atDesk(async ({ env, folder }) => {
      const ran = await hikeshi(['record', 'shodo-1'], { env })
      assert.deepEqual([ran.exit, existsSync(folder)], [2, false])
      assert.match(ran.err, /^HK113 A shell cannot be recorded: this is no terminal/)
    }))

  it('is refused without script of util-linux', () =>
    atDesk(async ({ env, folder }) => {
      const ran = await hikeshi(['record', 'shodo-1'], { env: { ...env, PATH: '' }, terminal: 80 })
      assert.deepEqual([ran.exit, existsSync(folder)], [2, false])
    }))

  it('keeps what the terminal showed, and ends with the exit code of the shell', async function () {
    if (!hasScript()) this.skip()
    await atDesk(async ({ env, notes, folder }) => {
      const { PATH: _, ...rest } = env
      const cli = [process.execPath, '--import', 'tsx', 'client/doors/cli/main.ts', 'record', 'shodo-1']
      const terminal = spawn('script', ['-qefc', cli.join(' '), '/dev/null'], {
        env: { ...process.env, ...rest, LANG: 'C', LC_ALL: 'C', SHELL: '/bin/sh', PS1: 'ready> ' },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      let seen = ''
      for await (const piece of terminal.stdout) {
        const before = seen
        seen += piece
        if (seen.includes('ready> ') && !before.includes('ready> '))
          terminal.stdin.write('echo $((6 * 7)); exit 3\n')
      }
      const code = terminal.exitCode ?? (await once(terminal, 'close'))[0]
      assert.equal(code, 3, seen)
      const { lines } = await recordingIn(folder)
      assert.ok(withoutTimes(lines).includes('tty 42'), lines.join('\n'))
      assert.match(notes[0]?.text ?? '', /^recorded: a shell\nexit code 3/)
    })
  })
})

async function recordsAtHome(env: Readonly<Record<string, string>>, dir: string): Promise<void> {
  const { code } = await run(['record', 'shodo-1', '--', 'true'], { env })
  assert.equal(code, 0)
  await recordingIn(join(dir, 'home', '.local', 'share', 'hikeshi', 'recordings', 'shodo-1'))
}

/** Shown and kept are two deeds, one right after the other. */
async function untilKept(folder: string, text: string): Promise<void> {
  const [file = ''] = await readdir(folder)
  const changes = watch(folder)
  try {
    for (;;) {
      // Listened for before it is read: what changes in between is not told twice.
      const changed = once(changes, 'change')
      if ((await readFile(join(folder, file), 'utf8')).includes(text)) return
      await changed
    }
  } finally {
    changes.close()
  }
}

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
}
