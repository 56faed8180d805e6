import type { Session } from './session.ts'

/** Nobody is left before a silent terminal for longer than this. */
const silentForMs = 3_000

/** Says that it still waits, and for what; the answer comes as it comes. */
export async function patiently<T>(session: Session, work: Promise<T>): Promise<T> {
  const says = {
    en: 'Waiting for a worker to answer (Ctrl-C gives up) …',
    ja: 'ワーカーの応答を待っています（Ctrl-C で中止）…',
  }
  const timer = setTimeout(() => session.say(says), silentForMs)
  const { signal } = session.around
  let stop = () => {}
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('interrupted'))
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, interrupted])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
