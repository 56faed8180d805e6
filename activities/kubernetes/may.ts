import type { StepContext } from '../../domain/steps/contract.ts'
import type { Kubernetes } from './client.ts'

export type Wish = {
  readonly group?: string
  readonly resource: string
  readonly subresource?: string
  readonly verb: string
  /** In every namespace, or of what is in none. */
  readonly everywhere?: true
}

/** Whether this worker's own credentials may do it, as the API server says. */
export async function isAllowed(
  kubernetes: Kubernetes,
  context: StepContext,
  { group = '', resource, subresource, verb, everywhere }: Wish,
): Promise<boolean> {
  const { namespace } = context
  const { status } = await kubernetes.call({
    verb: 'create',
    resource: 'selfsubjectaccessreviews',
    target: `namespace/${namespace}`,
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
                ...(subresource === undefined ? {} : { subresource }),
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
