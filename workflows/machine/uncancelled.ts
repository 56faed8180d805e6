import { CancellationScope } from '@temporalio/workflow'

/**
 * A workflow that nobody can cancel from outside: to Temporal that means its end, here it would be the end of timers that people rely on.
 * It is given a promise that rejects when somebody tried, and goes on.
 */
export function uncancelled<Input, Result>(
  live: (input: Input, tried: Promise<never>) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return (input) => {
    const { cancelRequested } = CancellationScope.current()
    return CancellationScope.nonCancellable(() => live(input, cancelRequested))
  }
}
