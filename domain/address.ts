/** Addresses of the web as settings, runbooks and people write them: never with a user or a password, because addresses are shown. */

import { z } from 'zod'
import { expects } from './expected.ts'

// As browsers read it: `\` is a `/`, and tabs and line feeds are not there. Workflow code has no types for URL, and this needs none.
const login = /^(?:https?:[/\\]*|[a-z][a-z\d+.-]*:\/\/)[^/\\?#]*@/i

function hasNoLogin(url: string): boolean {
  return !login.test(url.trim().replace(/[\t\n\r]/g, ''))
}

const withoutLogin = expects('an address without user and password', 'ユーザー名・パスワードを含まない URL')

/** What a worker asks. */
export const webAddress = z.url({ protocol: /^https?$/ }).refine(hasNoLogin, withoutLogin)

/** What people open. */
export const link = z.url().refine(hasNoLogin, withoutLogin)
