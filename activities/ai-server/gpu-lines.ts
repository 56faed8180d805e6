/** What nvidia-smi prints with `--format=csv,noheader,nounits`: one line each, and words in brackets for what it does not know. */

export type Gpu = {
  readonly index: number
  readonly name: string
  readonly busId: string | null
  readonly driver: string | null
  readonly persistence: string | null
  readonly display: string | null
  readonly fanPercent: number | null
  readonly celsius: number | null
  readonly powerState: string | null
  readonly powerWatts: number | null
  readonly powerLimitWatts: number | null
  readonly usedPercent: number | null
  readonly memoryUsedMib: number | null
  readonly memoryTotalMib: number | null
  /** Errors of memory that could not be corrected since the driver was loaded. */
  readonly eccUncorrected: number | null
  readonly computeMode: string | null
  readonly mig: string | null
}

export type ComputeProcess = {
  readonly pid: number
  readonly name: string
  readonly memoryMib: number | null
}

/** All that the bare command shows of a GPU. */
export const gpuFields = [
  'index',
  'name',
  'pci.bus_id',
  'driver_version',
  'persistence_mode',
  'display_active',
  'fan.speed',
  'temperature.gpu',
  'pstate',
  'power.draw',
  'power.limit',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'ecc.errors.uncorrected.volatile.total',
  'compute_mode',
  'mig.mode.current',
] as const

/** The GPUs that answered; a lost one has no line of its own. */
export function gpusIn(output: string): readonly Gpu[] {
  return dataLines(output).flatMap((line): readonly Gpu[] => {
    const cells = line.split(',').map((cell) => cell.trim())
    const of = (field: (typeof gpuFields)[number]) => cells[gpuFields.indexOf(field)]
    const index = of('index') ?? ''
    if (!/^\d+$/.test(index) || cells.length < gpuFields.length) return []
    return [
      {
        index: Number(index),
        name: of('name') ?? '',
        busId: word(of('pci.bus_id')),
        driver: word(of('driver_version')),
        persistence: word(of('persistence_mode')),
        display: word(of('display_active')),
        fanPercent: figure(of('fan.speed')),
        celsius: figure(of('temperature.gpu')),
        powerState: word(of('pstate')),
        powerWatts: figure(of('power.draw')),
        powerLimitWatts: figure(of('power.limit')),
        usedPercent: figure(of('utilization.gpu')),
        memoryUsedMib: figure(of('memory.used')),
        memoryTotalMib: figure(of('memory.total')),
        eccUncorrected: figure(of('ecc.errors.uncorrected.volatile.total')),
        computeMode: word(of('compute_mode')),
        mig: word(of('mig.mode.current')),
      },
    ]
  })
}

export function processesIn(output: string): readonly ComputeProcess[] {
  return dataLines(output).flatMap((line): readonly ComputeProcess[] => {
    // The name is a path and may hold commas.
    const [, pid, name = '', memory] = /^(\d+),\s*(.*),\s*([^,]*)$/.exec(line) ?? []
    return pid === undefined ? [] : [{ pid: Number(pid), name, memoryMib: figure(memory) }]
  })
}

/** Lines that are a remark about the output, such as that the lab's nvidia-smi is a stand-in. */
export function remarksIn(output: string): readonly string[] {
  return linesOf(output).filter((line) => line.startsWith('#'))
}

/** Why there is no GPU to be seen, where that is what the words say; a failure of another sort is none of the GPU's. */
export function noGpuIn(words: string): string | undefined {
  return linesOf(words).find((line) =>
    /No devices were found|GPU is lost|Unable to determine the device handle|couldn't communicate with the NVIDIA driver|Failed to initialize NVML|version mismatch/i.test(
      line,
    ),
  )
}

function dataLines(output: string): readonly string[] {
  return linesOf(output).filter((line) => !line.startsWith('#'))
}

function linesOf(output: string): readonly string[] {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`: no figure. */
function figure(cell: string | undefined): number | null {
  return cell !== undefined && /^\d+(\.\d+)?$/.test(cell.trim()) ? Number(cell) : null
}

function word(cell: string | undefined): string | null {
  return cell === undefined || cell === '' || cell.startsWith('[') ? null : cell
}
