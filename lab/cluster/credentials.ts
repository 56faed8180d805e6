import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

export function credentialFiles(dir: string) {
  const certificates = join(dir, 'certificates')
  return {
    certificates,
    /** The API server's self-signed certificate; the file ends with the authority that signed it. */
    authority: join(certificates, 'apiserver.crt'),
    tokens: join(dir, 'tokens.csv'),
    adminToken: join(dir, 'admin.token'),
    serviceAccountKey: join(certificates, 'service-account.key'),
    serviceAccountPublicKey: join(certificates, 'service-account.pub'),
    kubeconfig: join(dir, 'admin.kubeconfig'),
    workerKubeconfig: join(dir, 'worker.kubeconfig'),
  } as const
}

/**
 * Makes what must be there before the API server starts. All parts of the lab act as the one administrator: they are one
 * trust domain on one machine; only the worker has credentials of its own.
 */
export function makeCredentials(dir: string, apiServerPort: number): void {
  const files = credentialFiles(dir)
  mkdirSync(files.certificates, { recursive: true, mode: 0o700 })
  const token = randomBytes(24).toString('hex')
  writeFileSync(files.tokens, `${token},lab-admin,lab-admin,"system:masters"\n`, { mode: 0o600 })
  writeFileSync(files.adminToken, token, { mode: 0o600 })
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  writeFileSync(files.serviceAccountKey, keys.privateKey, { mode: 0o600 })
  writeFileSync(files.serviceAccountPublicKey, keys.publicKey)
  writeKubeconfig(files.kubeconfig, { dir, apiServerPort, user: 'lab-admin', token })
}

type Access = {
  readonly dir: string
  readonly apiServerPort: number
  readonly user: string
  readonly token: string
}

export function writeKubeconfig(file: string, { dir, apiServerPort, user, token }: Access): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'lab',
        cluster: {
          server: `https://127.0.0.1:${apiServerPort}`,
          'certificate-authority': credentialFiles(dir).authority,
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user, namespace: 'shodo' } }],
    'current-context': 'lab',
  }
  writeFileSync(file, stringify(config), { mode: 0o600 })
}

export function tokenOf(kubeconfig: string): string {
  return parse(readFileSync(kubeconfig, 'utf8')).users[0].user.token
}
