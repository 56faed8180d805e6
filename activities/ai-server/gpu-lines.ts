/** What nvidia-smi prints with `--format=csv,noheader,nounits`: one line each, and words in brackets for what it does not know. */

export type Gpu = {
  readonly index: number
  readonly name: string
  readonly driver: string | null
  readonly celsius: number | null
  readonly usedPercent: number | null
  readonly memoryUsedMib: number | null
  readonly memoryTotalMib: number | null
  /** Errors of memory that could not be corrected since the driver was loaded. */
  readonly eccUncorrected: number | null
  readonly powerState: string | null
}

export type GpuProcess = { readonly pid: number; readonly name: string; readonly memoryMib: number | null }

export const gpuFields = [
  'index',
  'name',
  'driver_version',
  'temperature.gpu',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'ecc.errors.uncorrected.volatile.total',
  'pstate',
] as const

/** The GPUs that answered; a lost one has no line of its own. */
export function gpusIn(output: string): readonly Gpu[] {
  return dataLines(output).flatMap((line): readonly Gpu[] => {
    const cells = line.split(',').map((cell) => cell.trim())
    const [index = '', name = '', driver, celsius, used, memoryUsed, memoryTotal, ecc, state] = cells
    if (!/^\d+$/.test(index) || cells.length < gpuFields.length) return []
    return [
      {
        index: Number(index),
        name,
        driver: word(driver),
        celsius: figure(celsius),
        usedPercent: figure(used),
        memoryUsedMib: figure(memoryUsed),
        memoryTotalMib: figure(memoryTotal),
        eccUncorrected: figure(ecc),
        powerState: word(state),
      },
    ]
  })
}

export function processesIn(output: string): readonly GpuProcess[] {
  return dataLines(output).flatMap((line): readonly GpuProcess[] => {
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
