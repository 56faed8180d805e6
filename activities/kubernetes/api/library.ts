/** What is used of the client library, by name: in a release the rest, 18 MB of text, is left out (build.ts). */
export {
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  Observable,
  PortForward,
  ResponseContext,
  SelfDecodingBody,
} from '@kubernetes/client-node'
