import type { Figure } from '../figure.ts'
export async function measureGoAlert(_scaled: (count: number) => number): Promise<readonly Figure[]> {
  return []
}
