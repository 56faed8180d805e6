/** What only the bare `nvidia-smi` prints: the versions in its head, and whose processes are on which GPU. */
import type { ComputeProcess } from './gpu-lines.ts'

export type GpuProcess = ComputeProcess & {
  readonly gpu: number | null
  /** The slice of a GPU (GI and CI ID), where it is divided. */
  readonly instance: string | null
  /** `C` computes, `G` draws. */
  readonly type: string | null
}

export type Overview = {
  readonly smi: string | null
  readonly cuda: string | null
  readonly processes: readonly GpuProcess[]
}

// Drivers before 450 have no columns for GI and CI.
const processLine = /^\|\s+(\d+)\s+(?:(\S+)\s+(\S+)\s+)?(\d+)\s+(\S+)\s+(.*?)\s+(?:(\d+)MiB|N\/A)\s+\|$/

export function overviewIn(output: string): Overview {
  const lines = output.split('\n').map((line) => line.trim())
  return {
    smi: /NVIDIA-SMI\s+([\d.]+)/.exec(output)?.[1] ?? null,
    cuda: /CUDA Version:\s+([\d.]+)/.exec(output)?.[1] ?? null,
    processes: lines.flatMap((line): readonly GpuProcess[] => {
      const [, gpu, gi = 'N/A', ci = 'N/A', pid, type = '', name = '', memory] = processLine.exec(line) ?? []
      if (pid === undefined) return []
      const instance = gi === 'N/A' && ci === 'N/A' ? null : `${gi}/${ci}`
      const memoryMib = memory === undefined ? null : Number(memory)
      return [{ gpu: Number(gpu), instance, pid: Number(pid), type, name, memoryMib }]
    }),
  }
}

/** The table cuts long names, and the query knows none of what draws: together they are whole. */
export function allProcesses(
  listed: readonly GpuProcess[],
  computing: readonly ComputeProcess[],
): readonly GpuProcess[] {
  const named = listed.map((one) => ({
    ...one,
    name: computing.find(({ pid }) => pid === one.pid)?.name ?? one.name,
  }))
  const more = computing.filter(({ pid }) => !listed.some((one) => one.pid === pid))
  return [...named, ...more.map((one) => ({ ...one, gpu: null, instance: null, type: null }))]
}
