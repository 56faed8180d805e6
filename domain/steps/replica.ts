import { z } from 'zod'
import { kubernetesName, name } from '../names.ts'
import { changeKind, type Undo } from './contract.ts'
import { deletion, exec, leasesIfPossible } from './kubernetes-needs.ts'

/** Over two systems: a pod of Kubernetes, and what PostgreSQL says of it before and after. */
export const replicaSteps = {
  /**
   * Deletes the replica's pod and waits until the new one streams. It relies on a pod that copies its data from the primary when it
   * has none: where the volume outlives the pod (a claim of a StatefulSet), the old data comes back with it, and the plan says so.
   */
  'postgres.rebuild-replica': changeKind({
    title: { ja: 'レプリカの再構築', en: 'Rebuild a replica' },
    risk: 'disruptive',
    params: z.strictObject({
      pod: kubernetesName.default('postgres-replica-0'),
      primary: name.default('postgres-primary'),
      replica: name.default('postgres-replica'),
    }),
    // The pod that is deleted and the server that is asked are one only where somebody looked at both: the runbook's author.
    byHand: [],
    needs: {
      postgres: { needs: ['pg_monitor'] },
      kubernetes: {
        needs: [...deletion, 'list pods'],
        optional: [
          leasesIfPossible,
          {
            what: exec,
            without: {
              en: 'postgres.rebuild-replica is refused when the servers do not tell the addresses of their pods',
              ja: 'postgres.rebuild-replica は、サーバーから Pod のアドレスが分からない場合に拒否されます',
            },
          },
        ],
      },
    },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '元のレプリカは戻せません（データはプライマリから複製し直されます）。',
        en: 'the old replica does not come back; its data is copied again from the primary.',
      },
    }),
  }),
}
