import { present } from '../../../domain/present.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { RightParts } from '../../../domain/steps/needs.ts'
import { namespaceName } from '../../../domain/steps/subject.ts'
import type { Kubernetes } from './client.ts'

/** Whether this worker's own credentials may do it, as the API server says. */
export async function isAllowed(
  kubernetes: Kubernetes,
  context: StepContext,
  { group, resource, subresource, verb, everywhere }: RightParts,
): Promise<boolean> {
  const { namespace } = context
  const { status } = await kubernetes.call({
    verb: 'create',
    resource: 'selfsubjectaccessreviews',
    target: namespaceName(namespace),
    context,
    ask: ({ authorization }, options) =>
      authorization.createSelfSubjectAccessReview(
        {
          body: {
            spec: {
              resourceAttributes: {
                group,
                resource,
                verb,
                ...present({ subresource }),
                ...(everywhere ? {} : { namespace }),
              },
            },
          },
        },
        options,
      ),
  })
  return status?.allowed === true
}
