import { giveBack, keepSmall } from '../../../../edge/memory.ts'
import { Refused, refused } from '../../../../edge/refused.ts'
import { rereading } from '../../../../edge/rereading.ts'
import { aborted } from '../../../../edge/signals.ts'
import { reasonInWords } from '../../../../edge/system-reason.ts'
import { logWriterFrom } from '../../../transparency/log-writer.ts'
import { joined } from '../../../words/fact.ts'
import type { Session } from '../session.ts'
import type { Options } from '../verb.ts'
import { checkWorkerSettings } from '../worker-settings.ts'

/** Read at once, so that a folder that is not there is known at the start, and anew when it changed. */
async function believedIn({ around: { env }, say }: Session) {
  const folder = env.HIKESHI_TRUSTED_RUNBOOKS
  if (folder === undefined) return undefined
  const { believedRunbooks } = await import('../../../runbook/believed.ts')
  const onTrouble = (error: unknown) => say(joined(['HIKESHI_TRUSTED_RUNBOOKS', reasonInWords(error)], ': '))
  return rereading(() => believedRunbooks(folder, env), { paths: [folder], onTrouble }).catch((cause) => {
    if (cause instanceof Refused) throw cause
    throw refused(
      'bad-input',
      { where: 'HIKESHI_TRUSTED_RUNBOOKS', problem: reasonInWords(cause) },
      { cause },
    )
  })
}

/** Works until it is told to end; publishes first what lies in the folder and is new. */
export async function worker(session: Session, options: Options): Promise<undefined> {
  keepSmall()
  const { runWorker } = await import('../../../../workers/main.ts')
  const { runbooks } = options
  const { signal, env } = session.around
  await checkWorkerSettings(env)
  const { publishFolder, runbookFiles } = await import('./publish-folder.ts')
  // A folder that is not there is known at once, and not when all else stands.
  if (typeof runbooks === 'string') await runbookFiles(runbooks)
  const { connect, temporalSettings } = await import('../../../temporal/connect.ts')
  // The one way to learn in seconds, and in words, that Temporal is not there.
  const connecting = connect(temporalSettings(env))
  const close = () => connecting.then((temporal) => temporal.close()).catch(() => undefined)
  await Promise.race([connecting, aborted(signal)])
  await runWorker(signal, {
    env: { ...env },
    believed: await believedIn(session),
    headLog: await logWriterFrom(env),
    warn: session.say,
    ready: async () => {
      if (typeof runbooks === 'string')
        await publishFolder({ ...session, temporal: () => connecting }, runbooks)
      await close()
      session.say({
        en: 'Worker running; press Ctrl-C to stop.',
        ja: 'ワーカーを開始しました（Ctrl-C で停止）。',
      })
      giveBack()
    },
  })
}
