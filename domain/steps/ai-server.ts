/** The server that holds models on GPUs, seen from inside its container; needs the right pods/exec. */

import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { expects } from '../expected.ts'
import { inContainer, isOnePlace } from './containers.ts'
import { readKind } from './contract.ts'
import { inContainer as containerRights } from './kubernetes-needs.ts'

/** A name as it stands in the folder, without a path. */
const fileName = z
  .string()
  .regex(/^[^/\p{Cc}]{1,200}$/u, expects('the name of a file in the folder', 'フォルダー内のファイル名'))

export const aiServerSteps = {
  'ai-server.gpu': readKind({
    title: { ja: 'GPU の状態', en: 'State of the GPUs' },
    params: z
      .strictObject({
        ...inContainer,
        /** How many GPUs the container should have. */
        gpus: z.number().int().min(1).max(64).default(1),
        /** A GPU counts as full from this share of its memory on. Servers that take all at their start want more than usual. */
        fullFromPercent: z.number().int().min(1).max(100).default(95),
      })
      .refine(isOnePlace, expects('either deployment or pod', 'deployment か pod のどちらか一方')),
    byHand: ['gpus', 'fullFromPercent'],
    needs: { kubernetes: { needs: containerRights } },
    finds: ['gpu-missing', 'gpu-memory-full'],
  }),
  'ai-server.models': readKind({
    title: { ja: 'モデルファイルの確認', en: 'Model files' },
    params: z
      .strictObject({
        ...inContainer,
        path: z
          .string()
          .max(500)
          .regex(/^\/[^\p{Cc}]*$/u, expects('an absolute path such as /models/', '/models/ のような絶対パス'))
          .default('/models/'),
        /** Files or folders that must be there; without it whatever is there is judged. */
        expect: z.array(fileName).max(100).default([]),
        /** A file below it is no whole model. */
        minBytes: bytes.default(1),
      })
      .refine(isOnePlace, expects('either deployment or pod', 'deployment か pod のどちらか一方')),
    byHand: ['expect', 'minBytes'],
    needs: { kubernetes: { needs: containerRights } },
    finds: ['model-missing'],
  }),
}
