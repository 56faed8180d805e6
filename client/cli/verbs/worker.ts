import { setFlagsFromString } from 'node:v8'
import { aborted } from '../../../edge/signals.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'

/** Works until it is told to end; publishes first what lies in the folder and is new. */
export async function worker(session: Session, options: Options): Promise<undefined> {
  // A worker waits most of its life; V8 then lets its heap grow less before it clears up: 50 MiB of 240.
  setFlagsFromString('--optimize-for-size')
  const { runWorker } = await import('../../../workers/main.ts')
  const { runbooks } = options
  const { signal, env } = session.around
  // The one way to learn in seconds, and in words, that Temporal is not there.
  await Promise.race([session.temporal(), aborted(signal)])
  await runWorker(signal, {
    env: { ...env },
    ready: async () => {
      if (typeof runbooks === 'string') {
        const { publishFolder } = await import('../publish-folder.ts')
        await publishFolder(session, runbooks)
      }
      session.say(
        session.lang === 'ja'
          ? 'ワーカーを開始しました（Ctrl-C で停止）。'
          : 'The worker works (Ctrl-C stops it).',
      )
    },
  })
}
