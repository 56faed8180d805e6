import { shodoNamespace } from '../shodo/services.ts'
import { isolation } from './isolation.ts'
import { type Place, places, placesFolder } from './places.ts'
import { nobody } from './root.ts'

/** kwok's settings for `kubectl exec`: none where it could not be kept inside the lab. */
export function clusterExecs(): readonly object[] {
  // The first that fits counts, so the place for any container is the last one.
  return isolation() === undefined ? [] : places.map(clusterExec)
}

function clusterExec({ name, container, pod, workDir }: Place): object {
  const owned = container !== undefined
  // In a user namespace there is nobody else to become.
  const user = isolation() === 'root' ? { runAsUser: nobody, runAsGroup: nobody } : undefined
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterExec',
    metadata: { name },
    spec: {
      selector: {
        ...(owned ? { matchNamespaces: [shodoNamespace] } : {}),
        ...(pod === undefined ? {} : { matchNames: [pod] }),
      },
      execs: [
        {
          ...(owned ? { containers: [container] } : {}),
          local: {
            workDir,
            envs: Object.entries(envsOf(name)).map(([key, value]) => ({ name: key, value })),
            ...(user === undefined ? {} : { securityContext: user }),
          },
        },
      ],
    },
  }
}

function envsOf(place: Place['name']): Readonly<Record<string, string>> {
  return {
    PATH: `${placesFolder}/${place}`,
    LAB_PLACE: place,
    LC_ALL: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}
