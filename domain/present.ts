/** Members that may be undefined as members that may be missing: `exactOptionalPropertyTypes` tells the two apart. */
type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The members that are there: `present({ symptom, impact })`. Only undefined is left out; null, false and 0 are values. */
export function present<T extends object>(members: T): Present<T>
export function present(members: object): object {
  const there: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) if (value !== undefined) there[name] = value
  return there
}
