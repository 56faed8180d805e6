/** Where a document is at home: the namespace and the context of most of its commands, and the Deployments that labels choose. */
import type { Parsed } from './book/units.ts'
import { placesIn } from './programs/kubectl.ts'
import type { ReadStep } from './programs/reading.ts'
import { argumentOf } from './shell/arguments.ts'
import type { Node, Simple } from './shell/script.ts'

export type Places = { readonly namespace: string | undefined; readonly context: string | undefined }

export function mainPlaces(sections: readonly (readonly Parsed[])[]): Places {
  const named = sections.flat().flatMap((each) => {
    if (each.kind !== 'code' || each.fence.kind !== 'script') return []
    const variables = new Map<string, string>()
    return each.fence.statements.flatMap(({ node }) =>
      node.kind === 'unreadable' ? [] : simplesIn(node).flatMap((simple) => kubectlIn(simple, variables)),
    )
  })
  return {
    namespace: mostOften(named.flatMap(({ namespace }) => namespace ?? [])),
    // Of two clusters that are named as often neither is the one.
    context: mostOften(
      named.flatMap(({ context }) => context ?? []),
      true,
    ),
  }
}

/** The places of one command of kubectl; what another one assigns is known to those behind it. */
function kubectlIn({ words, assignments }: Simple, variables: Map<string, string>) {
  const [program, ...given] = words.map((word) => argumentOf(word, variables))
  if (program?.text === 'kubectl') return [placesIn(given)]
  const exported = program?.text === 'export' ? given.filter(({ unsure }) => unsure === undefined) : []
  for (const { text } of exported) {
    const at = text.indexOf('=')
    if (at > 0) variables.set(text.slice(0, at), text.slice(at + 1))
  }
  if (program !== undefined) return []
  for (const { name, value } of assignments) {
    const { text, unsure } = argumentOf(value, variables)
    if (unsure === undefined) variables.set(name, text)
  }
  return []
}

function simplesIn(node: Node): readonly Simple[] {
  switch (node.kind) {
    case 'simple':
      return [node]
    case 'pipeline':
      return node.commands.flatMap(simplesIn)
    case 'chain':
      return [node.first, ...node.rest.map((each) => each.node)].flatMap(simplesIn)
    case 'for':
      return node.body.flatMap(simplesIn)
    case 'while':
      return node.body.flatMap(simplesIn)
    case 'other':
      return []
  }
}

function mostOften(names: readonly string[], alone = false): string | undefined {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const [first, second] = [...counts].toSorted(([, a], [, b]) => b - a)
  return alone && first?.[1] === second?.[1] ? undefined : first?.[0]
}

/** `app=x` chooses the pods of the Deployment `x`, where the document names one. */
export function deploymentsByLabel(steps: readonly ReadStep[]): ReadonlyMap<string, string> {
  const names = steps.flatMap(({ with: { deployment } }) =>
    typeof deployment === 'string' ? [deployment] : [],
  )
  const keys = ['app', 'app.kubernetes.io/name', 'k8s-app', 'name']
  return new Map(names.flatMap((name) => keys.map((key) => [`${key}=${name}`, name] as const)))
}
