import { showBytes } from '../../domain/bytes.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { said, type Words } from '../../domain/words.ts'
import { firstBytes, plainLine } from '../../edge/plain-text.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { execute, refuseFailed } from '../kubernetes/containers/exec.ts'
import { findPlace, type Wanted } from '../kubernetes/containers/exec-place.ts'
import { filesIn, type ListedFile } from './listing.ts'

type Params = Wanted & {
  readonly path: string
  readonly expect: readonly string[]
  readonly minBytes: number
}

const mostListed = 100
const mostEvidence = 5

/** The model files as the container sees them, and which are missing, empty or too small. */
export async function readModels(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { path, expect } = params
  const place = await findPlace(kubernetes, params, context)
  const argv = ['ls', '-la', path]
  const listed = await execute(kubernetes, context, place, { argv, within: 10_000 })
  const noFolder = listed.exit !== 0 && /no such file or directory/i.test(listed.stderr)
  if (listed.exit !== 0 && !noFolder) refuseFailed(listed, argv, place)
  const files = filesIn(listed.stdout)
  const troubles = noFolder ? [plainLine(listed.stderr, 200)] : troublesOf(files, params)
  return {
    facts: {
      pod: place.pod,
      path,
      expected: expect,
      files: files.slice(0, mostListed),
      moreFiles: Math.max(0, files.length - mostListed),
      troubles: troubles.slice(0, mostListed),
      cut: listed.cut,
    },
    findings: troubles.length === 0 ? [] : [modelMissing(place.workload, place.pod, path, troubles)],
    text: firstBytes(noFolder ? listed.stderr : listed.stdout, 16_384),
  }
}

function troublesOf(files: readonly ListedFile[], { path, expect, minBytes }: Params): readonly Words[] {
  if (expect.length > 0) {
    return expect.flatMap((name) => {
      const found = files.find((file) => file.name === name)
      return found === undefined
        ? [{ en: `${name} is not in ${path}`, ja: `${path} に ${name} がありません` }]
        : tooSmall(found, minBytes)
    })
  }
  if (files.length === 0) return [{ en: `${path} is empty`, ja: `${path} は空です` }]
  return files.flatMap((file) => tooSmall(file, minBytes))
}

/** What a link or a folder holds is not known from here. */
function tooSmall({ name, kind, bytes, changed }: ListedFile, minBytes: number): readonly Words[] {
  if (kind !== 'file' || bytes === null || bytes >= minBytes) return []
  const size =
    bytes === 0
      ? { en: 'is empty', ja: 'は空です' }
      : {
          en: `is ${showBytes(bytes)}, expected at least ${showBytes(minBytes)}`,
          ja: `は ${showBytes(bytes)} です（最低 ${showBytes(minBytes)}）`,
        }
  return [{ en: `${name} ${size.en} (changed ${changed})`, ja: `${name} ${size.ja}（更新 ${changed}）` }]
}

function modelMissing(subject: string, pod: string, path: string, troubles: readonly Words[]): Finding {
  const first = said(troubles[0])
  const more = troubles.length - 1
  return {
    code: 'model-missing',
    subject,
    says: {
      en: `Model files in ${pod} are incomplete: ${first.en}${more > 0 ? ` and ${more} more` : ''}`,
      ja: `${pod} のモデルファイルに不備があります: ${first.ja}${more > 0 ? `（他 ${more} 件）` : ''}`,
    },
    evidence: troubles.slice(0, mostEvidence),
    data: { path, troubles: troubles.length },
  }
}
