import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { said, type Text, type Words } from '../../domain/words.ts'
import { excerptOf } from '../../edge/plain-text.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { type Executed, execute, refuseFailed } from '../kubernetes/containers/exec.ts'
import { type ExecPlace, findPlace, type Wanted } from '../kubernetes/containers/exec-place.ts'
import { isRefusal } from '../refusal.ts'
import { table } from '../table.ts'
import { type Gpu, gpuFields, gpusIn, noGpuIn, processesIn, remarksIn } from './gpu-lines.ts'
import { allProcesses, type GpuProcess, overviewIn } from './gpu-overview.ts'

type Params = Wanted & { readonly gpus: number; readonly fullFromPercent: number }

/** nvidia-smi takes seconds where no persistence daemon keeps the driver awake. */
const within = 15_000
const format = '--format=csv,noheader,nounits'
const gpuQuery = ['nvidia-smi', `--query-gpu=${gpuFields.join(',')}`, format]
const bare = ['nvidia-smi']
const processQuery = ['nvidia-smi', '--query-compute-apps=pid,process_name,used_memory', format]
const mostProcesses = 30

const noProgram: Text = {
  en: 'the container has no nvidia-smi',
  ja: 'コンテナーに nvidia-smi がありません',
}

/** The GPUs as nvidia-smi inside the container sees them. */
export async function readGpus(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const place = await findPlace(kubernetes, params, context)
  const asked = await ask(kubernetes, context, place, gpuQuery)
  const output = asked?.stdout ?? ''
  const words = asked === undefined ? noProgram : noGpuIn(wordsOf(asked))
  if (asked !== undefined && asked.exit !== 0 && words === undefined) refuseFailed(asked, gpuQuery, place)
  const gpus = gpusIn(output)
  const { smi, cuda, processes } = await readOverview(kubernetes, context, place, gpus.length > 0)
  const remarks = remarksIn(output)
  const missing = gpus.length < params.gpus ? [gpuMissing(place, params.gpus, gpus, words)] : []
  return {
    facts: { pod: place.pod, wanted: params.gpus, smi, cuda, gpus, processes, remarks, words: words ?? null },
    findings: [...missing, ...memoryFull(place, gpus, processes, params.fullFromPercent)],
    text: excerptOf([...remarks, gpuTable(gpus), ...(words === undefined ? [] : [words])], 16_384),
  }
}

/** Undefined where the container has no nvidia-smi: without a GPU the runtime does not put it there. */
async function ask(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  argv: readonly string[],
): Promise<Executed | undefined> {
  try {
    return await execute(kubernetes, context, place, { argv, within })
  } catch (error) {
    if (isRefusal(error, 'program-not-found')) return undefined
    throw error
  }
}

/** Who uses the GPUs is good to know and no reason to fail: in a container other processes may not be seen. */
async function readOverview(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  hasGpus: boolean,
) {
  const asking = hasGpus ? [bare, processQuery] : []
  const [overview = '', computing = ''] = await Promise.all(
    asking.map(async (argv) => {
      const asked = await ask(kubernetes, context, place, argv)
      return asked?.exit === 0 ? asked.stdout : ''
    }),
  )
  const { smi, cuda, processes } = overviewIn(overview)
  return { smi, cuda, processes: allProcesses(processes, processesIn(computing)).slice(0, mostProcesses) }
}

function wordsOf({ stdout, stderr }: Executed): string {
  return `${stdout}\n${stderr}`
}

function gpuMissing(
  { workload, pod }: ExecPlace,
  wanted: number,
  gpus: readonly Gpu[],
  words: Words | undefined,
): Finding {
  return {
    code: 'gpu-missing',
    subject: workload,
    says: {
      en: `${pod} sees ${gpus.length} of ${wanted} GPUs`,
      ja: `${pod} から見える GPU は ${wanted} 基中 ${gpus.length} 基です`,
    },
    evidence: [
      ...(words === undefined
        ? []
        : [{ en: `nvidia-smi in ${pod}: ${said(words).en}`, ja: `${pod} の nvidia-smi: ${said(words).ja}` }]),
      ...gpus.map((gpu) => ({
        en: `GPU ${gpu.index} (${gpu.name}) answers`,
        ja: `GPU ${gpu.index}（${gpu.name}）は応答あり`,
      })),
    ].slice(0, 5),
    data: { wanted, seen: gpus.length },
  }
}

function memoryFull(
  { workload, pod }: ExecPlace,
  gpus: readonly Gpu[],
  processes: readonly GpuProcess[],
  fullFromPercent: number,
): readonly Finding[] {
  const full = gpus.filter((gpu) => (percentOf(gpu) ?? 0) >= fullFromPercent)
  if (full.length === 0) return []
  return [
    {
      code: 'gpu-memory-full',
      subject: workload,
      says: {
        en: `The memory of ${full.length} of ${gpus.length} GPUs in ${pod} is full (${fullFromPercent} % or more)`,
        ja: `${pod} の GPU ${gpus.length} 基中 ${full.length} 基のメモリが ${fullFromPercent} % 以上使われています`,
      },
      evidence: [
        ...full.map(
          (gpu) => `GPU ${gpu.index}: ${gpu.memoryUsedMib} / ${gpu.memoryTotalMib} MiB (${percentOf(gpu)} %)`,
        ),
        ...processes.map(({ pid, name, memoryMib }) => `process ${pid} ${name}: ${memoryMib ?? '?'} MiB`),
      ].slice(0, 5),
      data: { full: full.map((gpu) => gpu.index), percent: full.map((gpu) => percentOf(gpu) ?? 0) },
    },
  ]
}

function percentOf({ memoryUsedMib, memoryTotalMib }: Gpu): number | undefined {
  if (memoryUsedMib === null || memoryTotalMib === null || memoryTotalMib === 0) return undefined
  return Math.round((memoryUsedMib / memoryTotalMib) * 1_000) / 10
}

function gpuTable(gpus: readonly Gpu[]): string {
  const cell = (value: number | string | null) => (value === null ? '-' : String(value))
  return table([
    ['GPU', 'NAME', 'DRIVER', 'TEMP', 'POWER(W)', 'UTIL%', 'MEMORY(MiB)', 'ECC', 'PSTATE'],
    ...gpus.map((gpu) => [
      cell(gpu.index),
      gpu.name,
      cell(gpu.driver),
      cell(gpu.celsius),
      `${cell(gpu.powerWatts)}/${cell(gpu.powerLimitWatts)}`,
      cell(gpu.usedPercent),
      `${cell(gpu.memoryUsedMib)}/${cell(gpu.memoryTotalMib)}`,
      cell(gpu.eccUncorrected),
      cell(gpu.powerState),
    ]),
  ])
}
