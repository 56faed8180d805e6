/** Before the seed begins, and its quick reference. */
import { pasted } from './paste.ts'
import { approve, change, type Entry, heal, type Section, until, verified } from './step.ts'

const checklist = '✅ 初動対応チェックリスト（5分以内）'

export const before: readonly Entry[] = [
  {
    says: `A lab is a small real environment: Temporal, Kubernetes, PostgreSQL with a replica and backups, Redis, Prometheus, and the service that the
runbook is about. In production these are yours, and the settings are those of [settings.md](settings.md). The commands below ran in an empty folder with the
seed in it as \`runbook.md\`, and the folder \`runbooks\` of this repository.`,
    steps: [{ run: 'hikeshi lab up\neval "$(hikeshi lab env)"', holds: [/is up/] }],
  },
  {
    says: 'A worker carries out what incidents ask for, and publishes the runbooks of a folder. It runs in a terminal of its own.',
    steps: [{ run: 'hikeshi worker --runbooks runbooks', stays: /Worker running/ }],
  },
  {
    says: `The document itself becomes a runbook with one command ([importing.md](importing.md)). What cannot be a step for sure becomes one for a person, with the command
to copy; the report says so line by line. \`runbooks/shodo.yaml\`, which is followed here, is that import with these places filled in by its author.`,
    steps: [
      {
        run: 'hikeshi runbook import runbook.md --name imported --to imported.yaml --report imported.txt\nhikeshi runbook check imported.yaml',
        holds: [/commands/, /imported\.yaml/],
      },
    ],
  },
  {
    says: `The seed's \`./scripts/…\` exist as well: each is one call of hikeshi ([scripts.md](scripts.md)).`,
    steps: [
      { run: 'hikeshi scripts install ./scripts --service backend\nls scripts', holds: [/^[a-z-]+\.sh$/] },
    ],
  },
]

export const quickReference: readonly Section[] = [
  {
    heading: '🔴 CRITICAL - サービス完全停止',
    entries: [
      {
        block: 0,
        says: `Everything is down (in the lab: \`dead\`). \`diagnose\` asks every part of the service at once and ranks the likely causes. The emergency recovery
is the script of the seed: it declares a CRITICAL incident, whose quick steps begin by themselves, what a service depends on first, and end with every service asked.`,
        defect:
          'grep hides pods that are Running and not Ready, and curl without a limit waits for ever for an address that hangs.',
        steps: [
          {
            run: 'hikeshi lab break dead\nhikeshi diagnose backend',
            holds: [/^dead is on$/, /^Likely symptoms/, /^ +1\. /],
          },
          pasted('🔴 CRITICAL - サービス完全停止', {
            needs: ['kubectl', 'curl'],
            holds: [/^API DOWN$/, /^shodo-\d+ +declared/],
          }),
          {
            once: until('shodo-1', 'recovered', ({ recovery, phase }) => {
              return recovery?.status !== undefined && recovery.status !== 'running' && phase === 'monitoring'
            }),
            run: 'hikeshi show open',
            holds: [/^ *recover-backend /, /^The open incident/],
          },
        ],
      },
    ],
  },
  {
    heading: '🟡 HIGH - パフォーマンス劣化',
    entries: [
      {
        block: 0,
        says: `The incident goes on, and is no longer CRITICAL. \`open\` means the only open one. Readings run at once; the scale-out is a change, which another person
approves: aoki's terminal waits while sato looks at it in another one. It only ever goes up, and it knows its way back.`,
        defect:
          "The shell reads the query's brackets as syntax, and the histogram's base name has no series: it wants quotes and `_count` or `_bucket`.",
        steps: [
          pasted('🟡 HIGH - パフォーマンス劣化', {
            typed: [
              [
                'curl -s http://localhost:9090/api/v1/query?query=rate(http_request_duration_seconds[5m])',
                "curl -sG http://localhost:9090/api/v1/query --data-urlencode 'query=rate(http_request_duration_seconds_count[5m])' -w '\\n'",
              ],
            ],
            needs: ['kubectl', 'curl'],
            onceDoes: 'kubectl top pods -n shodo',
            holds: [/^NAME /, /shodo-backend scaled$/],
            shows: [/"status":"success"/],
          }),
          heal(),
          { run: 'hikeshi set open severity HIGH', holds: [/^shodo-\d+ /] },
          { run: 'hikeshi run open quick-top --wait', holds: [/^NAME/] },
          { run: 'hikeshi run open p95 --wait' },
          {
            run: './scripts/scale.sh --step=quick-scale-out --replicas=10',
            meanwhile: [approve('shodo-1', 'quick-scale-out', 'sato', false)],
            holds: [/^The open incident/, verified],
          },
          { run: 'hikeshi undo open quick-scale-out' },
          approve('shodo-1', 'quick-scale-out-undo'),
        ],
      },
    ],
  },
  {
    heading: '🔵 MEDIUM - 単一機能障害',
    entries: [
      {
        block: 0,
        says: '`[SERVICE_NAME]` is the service of the incident. A restart is verified by its own rollout: nobody watches it.',
        steps: [
          pasted('🔵 MEDIUM - 単一機能障害', {
            typed: [['[SERVICE_NAME]', 'shodo-backend']],
            needs: ['kubectl'],
            holds: [/restarted$/, /successfully rolled out$/],
          }),
          ...change('shodo-1', 'quick-restart'),
          { run: 'hikeshi run open quick-rollout-status --wait', holds: [/successfully rolled out/] },
        ],
      },
    ],
  },
]

export const firstResponse: readonly Section[] = [
  {
    heading: checklist,
    entries: [
      {
        block: 0,
        says: `The incident links the dashboard. Whoever acknowledges has looked: the item ticks itself, and the escalation knows that somebody is there. aoki did
so with the first command, for whoever works on an incident has it.`,
        byPeople: 'a dashboard is looked at.',
        steps: [{ run: 'hikeshi ack open', exit: 4, holds: [/^HK303 /] }],
      },
      {
        block: 1,
        says: 'Each service at its own address, all at once; no more is typed than its name.',
        defect: 'asks the same address three times, whatever the service.',
        steps: [
          pasted(checklist, { block: 1, needs: ['kubectl', 'curl'], holds: [/^=== /, /^NAME /] }),
          {
            run: 'for svc in backend frontend ai-server; do\n  echo "=== $svc ==="\n  hikeshi diagnose $svc\ndone',
            holds: [/^=== /],
          },
        ],
      },
      {
        block: 2,
        says: 'As the seed has it. An incident of this service is open already, so this is a further report of the same problem, and not a second incident.',
        steps: [
          pasted(checklist, {
            block: 2,
            typed: [
              ['[CRITICAL|HIGH|MEDIUM|LOW]', 'HIGH'],
              ['[affected-service]', 'backend'],
              ['[brief description]', 'APIの応答が遅い'],
            ],
            holds: [/joined the open incident/],
          }),
        ],
      },
      {
        block: 3,
        says: 'As the seed has it. Pages go out by themselves when their time comes; this is a message besides, tried again over every channel as a page is.',
        steps: [
          pasted(checklist, {
            block: 3,
            typed: [
              ['[severity]', 'HIGH'],
              ['[status update]', '自動復旧済み、原因を調査中'],
            ],
            holds: [/^shodo-\d+ told/],
          }),
        ],
      },
      {
        block: 4,
        says: 'The timeline has been the record since the declaration, of everybody and on every machine. What was done elsewhere is noted into it.',
        defect: 'keeps one terminal of one person on one machine.',
        steps: [
          pasted(checklist, { block: 4, needs: ['script'], holds: [/^Script started/] }),
          { run: 'hikeshi record open -- kubectl get pods -n shodo', needs: ['kubectl'], holds: [/^NAME /] },
          {
            run: 'echo "ロードバランサーの設定は変更なし（コンソールで確認）" | hikeshi note open --stdin',
            holds: [/noted/],
          },
          {
            once: until('shodo-1', 'first response ticked', ({ runbook, checks }) =>
              runbook.book.firstResponse.every(({ id }) => Object.hasOwn(checks, id)),
            ),
            run: 'hikeshi timeline open | tail -n 12',
          },
        ],
      },
    ],
  },
]
