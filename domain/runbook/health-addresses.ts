/** Parameters that must be the health address of a service: nobody has hikeshi ask, or load, an address of somebody else. */
import { kindOf } from '../steps/catalogue.ts'
import type { Runbook } from './runbook.ts'

const placeholder = '$service.health'

/** The first such parameter that is another address, and what it may be. */
export function strangeAddress(
  kind: string,
  params: Readonly<Record<string, unknown>>,
  services: Runbook['services'],
): { readonly name: string; readonly got: unknown; readonly known: readonly string[] } | undefined {
  const known = [
    ...new Set(Object.values(services).flatMap(({ health }) => (health === undefined ? [] : [health]))),
  ]
  const name = kindOf(kind)?.healthOf?.find((own) => {
    const given = params[own]
    return given !== undefined && given !== placeholder && !known.some((address) => address === given)
  })
  return name === undefined ? undefined : { name, got: params[name], known }
}
