/** A page as a signed HTTP request (docs/webhook.md): what a pager, a chat or a phone gateway of the team's own takes. */
import { readSecret } from '../../edge/secret.ts'
import { channelKind } from '../channel.ts'
import { webhookChannel } from './send.ts'
import { webhookSettings } from './settings.ts'

export const webhook = channelKind({
  settings: webhookSettings,
  can: ['page'],
  check: async (settings, env) => {
    const read = await readSecret(settings, env)
    return 'problem' in read ? read.problem : undefined
  },
  open: webhookChannel,
})
