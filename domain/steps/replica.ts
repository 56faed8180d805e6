import { z } from 'zod'
import { kubernetesName, name } from '../runbook/runbook.ts'
import { changeKind, type Undo } from './contract.ts'

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
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '元のレプリカは戻せません（データはプライマリから複製し直されます）。',
        en: 'the old replica does not come back; its data is copied anew from the primary.',
      },
    }),
  }),
}
