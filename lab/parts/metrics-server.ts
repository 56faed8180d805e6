import { join } from 'node:path'
import { credentialFiles } from '../cluster/credentials.ts'
import type { Part } from '../part.ts'
import { answersOk } from './answers-ok.ts'

/** Collects what kwok says of CPU and memory, and serves it as metrics.k8s.io. */
export const metricsServer: Part = {
  missing: (binaries) =>
    binaries['metrics-server'] === undefined
      ? 'no metrics-server here; build it with "node lab/bootstrap.mjs provision"'
      : undefined,
  command: ({ dir, ports, binaries }) => [
    binaries['metrics-server'] ?? 'metrics-server',
    `--kubeconfig=${credentialFiles(dir).kubeconfig}`,
    `--authentication-kubeconfig=${credentialFiles(dir).kubeconfig}`,
    `--authorization-kubeconfig=${credentialFiles(dir).kubeconfig}`,
    // The API server has no certificate with which it could prove itself here; see cluster/metrics.ts.
    '--authentication-skip-lookup=true',
    // What it serves, not the figures.
    '--authorization-always-allow-paths=/livez,/readyz,/apis,/apis/*',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.metricsServer}`,
    `--cert-dir=${join(dir, 'certificates', 'metrics-server')}`,
    '--kubelet-insecure-tls',
    '--kubelet-use-node-status-port',
    '--kubelet-preferred-address-types=InternalIP',
    '--kubelet-request-timeout=5s',
    // The shortest it takes. The first figures come with the second look.
    '--metric-resolution=10s',
  ],
  ready: ({ ports }) => answersOk(`https://127.0.0.1:${ports.metricsServer}/livez`),
  graceMs: 2_000,
}
