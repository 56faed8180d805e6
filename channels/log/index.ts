/** The simplest channel: one JSON line per page, to a file or to the worker's standard output. */
import { channelKind } from '../channel.ts'
import { logChannel } from './send.ts'
import { logSettings } from './settings.ts'

export const log = channelKind({
  settings: logSettings,
  can: ['page'],
  // Whether its file can be written to shows with the page.
  check: async () => undefined,
  open: (name, settings) => logChannel(name, settings),
})
