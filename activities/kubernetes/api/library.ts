/** What is used of the client library, by name: in a release the rest, 18 MB of text, is left out (build.ts). */
export {
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  Observable,
  ResponseContext,
  SelfDecodingBody,
} from '@kubernetes/client-node'
