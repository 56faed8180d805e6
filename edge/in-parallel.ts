/** What each of the items comes to, in their order, at most `places` at the same time. The first failure is the answer; what is under way goes on. */
export async function inParallel<T, R>(
  items: readonly T[],
  places: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const place = async () => {
    for (const [at, item] of left) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: places }, place))
  return results
}
