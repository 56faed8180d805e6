import type { Site } from '../part.ts'
import { shodoNamespace } from '../shodo/services.ts'
import { isolation } from './isolation.ts'
import { type Place, placesFolder, placesOf } from './places.ts'

/** kwok's settings for `kubectl exec`: none where it could not be kept inside the lab. */
export function clusterExecs(site: Site): readonly object[] {
  return isolation() === undefined ? [] : placesOf(site).map(clusterExec)
}

/** Of the pod in which data are restored: the port of the copy, which here is one of the machine's own loopback. */
export function clusterPorts({ ports }: Site): readonly object[] {
  return [
    {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterPortForward',
      metadata: { name: 'copy' },
      spec: {
        selector: { matchNamespaces: [shodoNamespace] },
        forwards: [
          { ports: [ports.postgresCopy], target: { port: ports.postgresCopy, address: '127.0.0.1' } },
        ],
      },
    },
  ]
}

function clusterExec({ name, container, pod, workDir, user, env }: Place): object {
  const envs = {
    ...env,
    PATH: `${placesFolder}/${name}`,
    LAB_PLACE: name,
    LC_ALL: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const selector = {
    ...(container === undefined ? {} : { matchNamespaces: [shodoNamespace] }),
    ...(pod === undefined ? {} : { matchNames: [pod] }),
  }
  const local = {
    workDir,
    envs: Object.entries(envs).map(([key, value]) => ({ name: key, value })),
    // In a user namespace there is nobody else to become.
    ...(isolation() === 'root' ? { securityContext: { runAsUser: user.uid, runAsGroup: user.gid } } : {}),
  }
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterExec',
    metadata: { name },
    spec: { selector, execs: [{ ...(container === undefined ? {} : { containers: [container] }), local }] },
  }
}
