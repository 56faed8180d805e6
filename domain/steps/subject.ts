/** Names of the things that findings, plans and Leases speak of: each has one spelling, because they are compared. */

/** `deployment/shodo/shodo-backend`, `pod/shodo/shodo-backend-5d4f-x2x`. */
export function objectName(
  kind: 'deployment' | 'statefulset' | 'job' | 'pod',
  namespace: string,
  name: string,
): string {
  return `${kind}/${namespace}/${name}`
}

/** `pod/shodo/shodo-backend-5d4f-x2x/backend`. */
export function containerName(namespace: string, pod: string, container: string): string {
  return `${objectName('pod', namespace, pod)}/${container}`
}

/** `namespace/shodo`. */
export function namespaceName(namespace: string): string {
  return `namespace/${namespace}`
}

/** `postgres/primary`: a server by the name of its connection. */
export function serverName(system: 'postgres' | 'redis', connection: string): string {
  return `${system}/${connection}`
}
