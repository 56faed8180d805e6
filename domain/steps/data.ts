import { z } from 'zod'
import { name } from '../names.ts'
import { dataChecks } from '../restore/checks.ts'
import { readKind } from './contract.ts'

export const dataSteps = {
  'postgres.verify-data': readKind({
    title: { ja: 'データの確認', en: 'Data checks' },
    tests: true,
    params: z.strictObject({ connection: name.default('postgres-primary'), checks: dataChecks.min(1) }),
    byHand: [],
    needs: {
      postgres: {
        needs: ['pg_read_all_data'],
        optional: [
          {
            what: ['amcheck'],
            without: {
              en: 'postgres.verify-data cannot check indexes',
              ja: 'postgres.verify-data はインデックスを確認できません',
            },
          },
        ],
      },
    },
    finds: ['data-check-failed', 'data-check-not-run'],
    heavy: () => true,
  }),
}
