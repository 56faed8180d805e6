import type { Options } from '../program.ts'
import type { Session } from '../session.ts'

/** Works until SIGINT or SIGTERM; publishes first what lies in the folder and is new. */
export async function worker(session: Session, options: Options): Promise<undefined> {
  const { runWorker } = await import('../../../workers/main.ts')
  const { runbooks } = options
  // The one way to learn in seconds, and in words, that Temporal is not there.
  await session.temporal()
  await runWorker({
    env: { ...session.around.env },
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
