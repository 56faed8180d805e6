/** Something that must never be, however hard it storms. */
export const faultKinds = [
  'differs',
  'lost',
  'doubled',
  'unwanted',
  'failed task',
  'empty task',
  'stuck',
] as const
export type FaultKind = (typeof faultKinds)[number]

export type Fault = {
  readonly kind: FaultKind
  /** The workflow or the message that it is about. */
  readonly of: string
  readonly says: string
}
