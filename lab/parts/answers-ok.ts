import http from 'node:http'
import https from 'node:https'

/** Their certificates are made up at start, so there is nothing to verify them against; it is our own loopback port. */
export function answersOk(url: string): Promise<boolean> {
  const get = url.startsWith('https:') ? https.get : http.get
  return new Promise((resolve, reject) => {
    const call = get(url, { rejectUnauthorized: false, timeout: 1_000, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    call.once('timeout', () => call.destroy(new Error(`${url}: no answer in 1 s`)))
    call.once('error', reject)
  })
}
