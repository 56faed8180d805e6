/** A runbook small enough to read in one look: shodo's severities, its two symptoms, three levels, two channels for the lead. */
import { type PublishedRunbook, type Runbook, runbookSchema } from '../../../domain/runbook/runbook.ts'
import type { StepParams } from '../../../domain/steps/contract.ts'
import { digest } from '../../../domain/timeline/canonical.ts'
import type { Text } from '../../../domain/words.ts'

export type Policy = {
  readonly until?: Runbook['escalation']['until']
  /** Risks that run at once, for every severity that says nothing of its own. */
  readonly automatic?: Runbook['severities']['HIGH']['automatic']
  readonly approvals?: Partial<Runbook['approvals']>
  /** Quick steps of CRITICAL start by themselves and have 30 s. */
  readonly recovers?: boolean
  /** One more service, which has no Deployment and no address: a PostgreSQL with the symptom "connections". */
  readonly database?: boolean
  /** The backend has one more symptom, whose steps run programs in its containers: one that reads, one that changes. */
  readonly programs?: boolean
  /** The symptom "slow" has one more step, which reads the times of many answers. */
  readonly timings?: boolean
  /** The frontend needs the backend. */
  readonly depends?: boolean
  /** What the runbook says of the step "rollback". */
  readonly rollback?: StepParams
  /** What the last checklist holds. */
  readonly afterwards?: readonly string[]
  /** The backend has one more symptom, "handover": people do something, decide, and what they decided for follows. */
  readonly people?: boolean
  /** And the pods are read before more are added, also once more later for a finding. */
  readonly between?: boolean
  /** Both checklists hold what the incident shows by itself, and somebody is called for what stays open. */
  readonly proofs?: boolean
  /** A change of the backend has to pass a smoke test. */
  readonly smokes?: boolean
  /** The affected users are counted by SQL, and the last checklist waits for it. */
  readonly affected?: boolean
  /** How often levels are called again, and how long an acknowledgement holds. */
  readonly pauses?: { readonly repeatEvery?: string; readonly acknowledgedFor?: string }
}

const text = (en: string): Text => ({ ja: `${en}（訳）`, en })

const handover = {
  id: 'handover',
  title: text('Handover'),
  service: 'backend',
  steps: [
    {
      id: 'announce',
      title: text('Announce it'),
      kind: 'person.do',
      with: { text: text('Put the banner up'), commands: [['banner', 'on']], remindAfter: '2m' },
    },
    {
      id: 'way',
      title: text('More pods, or new ones'),
      kind: 'person.decide',
      with: {
        text: text('Is there room?'),
        options: [
          { id: 'add-pods', title: text('Add pods') },
          { id: 'replace-pods', title: text('Replace pods') },
        ],
      },
      after: ['announce'],
    },
    {
      id: 'add-pods',
      title: text('Scale out to 9'),
      kind: 'kubernetes.scale',
      with: { deployment: 'shodo-backend', replicas: 9 },
      after: ['way/add-pods'],
    },
    {
      id: 'replace-pods',
      title: text('Replace pods'),
      kind: 'kubernetes.delete-pods',
      with: { selector: 'app=shodo-backend' },
      after: ['way/replace-pods'],
    },
    {
      id: 'look-again',
      title: text('Look at the logs again'),
      kind: 'kubernetes.logs',
      with: { deployment: 'shodo-backend' },
      after: ['add-pods'],
    },
    {
      id: 'tell-support',
      title: text('Tell support'),
      kind: 'person.do',
      with: { text: text('Call support') },
      when: ['errors-in-logs'],
    },
  ],
}

/** A reading stands between the decision and what was decided for, and a change before both waits for a finding as well. */
function lookingBetween({ steps, ...symptom }: typeof handover): Pick<typeof handover, 'id'> {
  const [logs, addPods] = ['look-again', 'add-pods'].map((wanted) => steps.find(({ id }) => id === wanted))
  const changed = [
    ...steps.filter(({ id }) => id === 'announce' || id === 'way'),
    { ...logs, id: 'look-first', after: ['way/add-pods'] },
    { ...addPods, after: ['look-first'] },
    { ...addPods, id: 'scale-for-errors', after: ['announce'], when: ['errors-in-logs'] },
  ]
  return { ...symptom, ...{ steps: changed } }
}

const item = (id: string, proof?: string) => ({
  id,
  title: text(id),
  ...(proof === undefined ? {} : { proof }),
})

const firstProofs = [
  item('declared', 'declared'),
  item('seen', 'acknowledged'),
  item('scope', 'looked'),
  item('told', 'called'),
  { ...item('status-page'), required: true, remindAfter: '3m' },
]

const lastProofs = [
  item('over', 'resolved'),
  item('healthy', 'recovered'),
  item('clear', 'alerts-clear'),
  { ...item('review'), required: false, remindAfter: '1d' },
]

export const smokeTest = [{ url: 'http://127.0.0.1:8080/works', status: 200, contains: '"works"' }]

export function smallBook(policy: Policy = {}): Runbook {
  const {
    until = 'resolved',
    automatic = [],
    approvals = {},
    recovers = true,
    database = false,
    programs = false,
    timings = false,
    depends = false,
    rollback = { deployment: 'shodo-backend' },
    pauses = {},
    afterwards = ['post-mortem'],
    people = false,
    between = false,
    proofs = false,
    affected = false,
    smokes = false,
  } = policy
  const service = (deployment: string) => ({
    title: text(deployment),
    deployment,
    selector: `app=${deployment}`,
    health: `http://127.0.0.1:8080/health/${deployment}`,
  })
  return runbookSchema.parse({
    runbook: 'shodo',
    title: text('A small runbook'),
    timezone: 'Asia/Tokyo',
    updated: '2026-11-24',
    nextReview: '2027-02-24',
    cluster: 'lab',
    namespace: 'shodo',
    services: {
      backend: { ...service('shodo-backend'), ...(smokes ? { smokeTest } : {}) },
      frontend: { ...service('shodo-frontend'), ...(depends ? { dependsOn: ['backend'] } : {}) },
      ...(database
        ? { database: { title: text('Database'), look: [{ kind: 'postgres.connections' }] } }
        : {}),
    },
    severities: {
      CRITICAL: {
        title: text('Down'),
        automatic: ['reversible'],
        ...(recovers ? { recoverWithin: '30s' } : {}),
        quick: ['backend', 'frontend'].map((name) => ({
          id: `recover-${name}`,
          title: text(`Replace the pods of ${name} that are not Ready`),
          service: name,
          kind: 'kubernetes.delete-pods',
          with: { selector: `app=shodo-${name}`, notReady: true },
        })),
      },
      HIGH: {
        title: text('Degraded'),
        automatic,
        quick: [
          {
            id: 'quick-scale-out',
            title: text('Scale out to 10'),
            kind: 'kubernetes.scale',
            with: { deployment: '$service.deployment', replicas: 10 },
          },
        ],
      },
      MEDIUM: { title: text('One function'), automatic },
      LOW: { title: text('Minor') },
    },
    ...(affected ? { affectedUsers: { kind: 'postgres.count', with: { sql: 'select 17' } } } : {}),
    firstResponse: [{ id: 'alert', title: text('Look at the alert') }, ...(proofs ? firstProofs : [])],
    symptoms: [
      ...(database
        ? [
            {
              id: 'connections',
              title: text('Connections'),
              service: 'database',
              steps: [
                {
                  id: 'terminate-idle',
                  title: text('Terminate idle connections'),
                  kind: 'postgres.terminate-idle',
                  when: ['idle-connections'],
                },
              ],
            },
          ]
        : []),
      ...(programs
        ? [
            {
              id: 'programs',
              title: text('Programs'),
              service: 'backend',
              steps: [
                {
                  id: 'look',
                  title: text('Look'),
                  kind: 'kubernetes.exec-read',
                  with: { deployment: '$service.deployment', argv: ['cat', '/etc/hostname'] },
                },
                {
                  id: 'clean',
                  title: text('Clean'),
                  kind: 'kubernetes.exec',
                  with: { deployment: '$service.deployment', argv: ['rm', '/tmp/full'] },
                },
              ],
            },
          ]
        : []),
      ...(people ? [between ? lookingBetween(handover) : handover] : []),
      {
        id: 'slow',
        title: text('Slow'),
        service: 'backend',
        steps: [
          ...(timings
            ? [
                {
                  id: 'timings',
                  title: text('Response times'),
                  kind: 'http.timings',
                  with: { url: '$service.health' },
                },
              ]
            : []),
          {
            id: 'scale-out',
            title: text('Scale out to 8'),
            kind: 'kubernetes.scale',
            with: { deployment: 'shodo-backend', replicas: 8 },
            when: ['slow-responses'],
          },
          {
            id: 'delete-pods',
            title: text('Replace pods'),
            kind: 'kubernetes.delete-pods',
            with: { selector: 'app=shodo-backend' },
          },
        ],
      },
      {
        id: '5xx',
        title: text('5xx'),
        service: 'backend',
        steps: [
          {
            id: 'logs',
            title: text('Errors in the logs'),
            kind: 'kubernetes.logs',
            with: { deployment: 'shodo-backend', grep: ['ERROR'] },
          },
          {
            id: 'rollback',
            title: text('Roll back'),
            kind: 'kubernetes.rollout-undo',
            with: rollback,
            when: ['bad-rollout'],
          },
          {
            id: 'restart',
            title: text('Rolling restart'),
            kind: 'kubernetes.rollout-restart',
            with: { deployment: '$service.deployment' },
            when: ['errors-in-logs'],
          },
        ],
      },
    ],
    escalation: {
      until,
      ...pauses,
      levels: [
        {
          id: 'team-lead',
          title: text('Team lead'),
          after: '5m',
          atOnce: ['data-loss'],
          notify: ['tanaka'],
        },
        { id: 'cto', title: text('CTO'), after: '10m', atOnce: ['data-loss'], notify: ['suzuki'] },
        { id: 'security', title: text('Security'), atOnce: ['data-loss', 'breach'], notify: ['mori', 'ito'] },
      ],
    },
    people: {
      tanaka: { title: text('Tanaka'), channels: ['oncall', 'mail'] },
      suzuki: { title: text('Suzuki'), channels: ['mail'] },
      mori: { title: text('Mori'), channels: ['mail'] },
      ito: { title: text('Ito'), channels: ['oncall'] },
    },
    approvals,
    afterwards: [
      ...afterwards.map((id) => ({ id, title: text(`The ${id} has a date`) })),
      ...(proofs ? lastProofs : []),
      ...(affected ? [item('users', 'counted')] : []),
    ],
  })
}

const published = new Map<string, PublishedRunbook>()

/** Kept per policy: thousands of lives share a few runbooks, and nobody may change one. */
export function smallRunbook(policy: Policy = {}): PublishedRunbook {
  const key = JSON.stringify(policy)
  const known = published.get(key)
  if (known !== undefined) return known
  const book = smallBook(policy)
  const runbook = { book, version: 1, sha256: digest(book) }
  published.set(key, runbook)
  return runbook
}
