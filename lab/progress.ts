import type { WriteStream } from 'node:tty'

export type Progress =
  | { readonly kind: 'note'; readonly text: string }
  | {
      readonly kind: 'build'
      readonly state: 'began' | 'goes on' | 'done'
      readonly what: string
      readonly nth: number
      readonly of: number
      readonly elapsedSeconds: number
      readonly usualSeconds: number
    }

export type OnProgress = (progress: Progress) => void

/** Shows progress on stderr: one line that is rewritten on a terminal, else a plain line now and then. */
export function showProgress(out: WriteStream = process.stderr): OnProgress {
  return out.isTTY ? onTerminal(out) : asLines(out)
}

function onTerminal(out: WriteStream): OnProgress {
  return (progress) => {
    if (progress.kind === 'note') {
      out.write(`\r\x1b[2K${progress.text}\n`)
      return
    }
    const { elapsedSeconds, usualSeconds, state } = progress
    const cells = Math.min(20, Math.floor((20 * elapsedSeconds) / usualSeconds))
    const bar = state === 'done' ? '█'.repeat(20) : '█'.repeat(cells).padEnd(20, '░')
    out.write(`\r\x1b[2K${bar} ${sentence(progress)}${state === 'done' ? '\n' : ''}`)
  }
}

function asLines(out: WriteStream): OnProgress {
  return (progress) => {
    if (progress.kind === 'note') out.write(`${progress.text}\n`)
    else if (progress.state !== 'goes on' || progress.elapsedSeconds % 30 === 0)
      out.write(`${sentence(progress)}\n`)
  }
}

function sentence(progress: Progress & { kind: 'build' }): string {
  const { what, nth, of, elapsedSeconds, usualSeconds, state } = progress
  if (state === 'done') return `[${nth}/${of}] built ${what} in ${elapsedSeconds} s`
  return `[${nth}/${of}] building ${what}: ${elapsedSeconds} s of usually ${usualSeconds} s`
}
