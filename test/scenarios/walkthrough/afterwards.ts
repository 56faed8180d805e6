/** Monitoring, rolling back and restoring, escalation, and what is done once it is over. */
import { pasted } from './paste.ts'
import { approve, type Section, until, verified } from './step.ts'

/** The last commits: on which timeline, and from where to where, is the server's to say. */
const commits = `pg_waldump -p /var/lib/postgresql/data/pg_wal -r Transaction $(kubectl exec -n shodo postgres-primary-0 -- psql -U shodo -Atc \\
  "SELECT '-t ' || timeline_id || ' -s ' || redo_lsn || ' -e ' || pg_current_wal_flush_lsn() FROM pg_control_checkpoint()") | tail -n 5`

export const monitoring: readonly Section[] = [
  {
    heading: 'リアルタイム監視',
    entries: [
      {
        block: 0,
        says: '`hikeshi watch ID` follows an incident until it is over. These are its readings; each ends by itself, also in the container, and stands in the timeline.',
        defect:
          'hides pods that are not Ready, shows ones and zeros without the names of their targets, and the loop goes on in the container when the terminal is gone.',
        steps: [
          pasted('リアルタイム監視', {
            typed: [
              ['kubectl logs -n shodo -f', 'timeout 5 kubectl logs -n shodo -f'],
              ['while true; do', 'for round in 1 2 3; do'],
            ],
            needs: ['kubectl', 'curl', 'jq', 'netstat'],
            holds: [/^"[01]"$/],
          }),
          { run: 'hikeshi run shodo-1 pods --wait' },
          { run: 'hikeshi run shodo-1 quick-targets --wait', shows: [/^up +shodo\//] },
          { run: 'hikeshi run shodo-1 quick-log-stream --with follow=5s --wait' },
          { run: 'hikeshi run shodo-1 tcp-connections --wait' },
        ],
      },
    ],
  },
  {
    heading: 'パフォーマンス分析',
    entries: [
      {
        block: 0,
        says: "`read` needs no incident. A load test burdens a service that may be sick already: it goes to the runbook's own addresses only, is bounded, and another person approves it.",
        defect:
          'prints three lines for each request, two of which are the CPU time of curl; slow queries show their literals.',
        steps: [
          pasted('パフォーマンス分析', {
            needs: ['kubectl', 'curl', 'ab'],
            holds: [/^Complete requests:/, /mean_exec_time/],
          }),
          { run: 'hikeshi read timings', holds: [/^shodo timings/] },
          { run: 'hikeshi run shodo-1 load' },
          approve('shodo-1', 'load'),
          { run: 'hikeshi read slow-queries', holds: [/^shodo slow-queries/] },
        ],
      },
    ],
  },
]

export const rollback: readonly Section[] = [
  {
    heading: 'アプリケーションロールバック',
    entries: [
      {
        block: 0,
        defect:
          'a second undo puts back what the first one took away, here the broken 1.5.0; a revision gets another number each time something goes back to it.',
        says: 'The script waits for the approval, and for its own rollout. `--to-revision` is turned into the template that this revision has when it is proposed.',
        steps: [
          pasted('アプリケーションロールバック', {
            typed: [
              [
                '--to-revision=3',
                '--to-revision=$(kubectl rollout history deployment/shodo-backend -n shodo | sed -n 3p | cut -d " " -f 1)',
              ],
            ],
            needs: ['kubectl'],
            holds: [/^REVISION/, /rolled back$/, /successfully rolled out$/, /^shodo healthy/],
          }),
          { run: 'hikeshi read rollouts', holds: [/^shodo rollouts/] },
          {
            run: './scripts/rollback.sh --incident=shodo-1 --to-revision=2',
            meanwhile: [approve('shodo-1', 'rollback.2', 'sato', false)],
            holds: [verified],
          },
          { run: './scripts/smoke-test.sh', holds: [/^shodo healthy/] },
        ],
      },
    ],
  },
  {
    heading: 'データベースロールバック（PITR）',
    entries: [
      {
        block: 0,
        says: `Somebody drops the table \`orders\`. Data may be lost, so every level is called at once. The copy is restored **beside** the live database, checked, and only then put in
its place, which two people approve ([restore.md](restore.md)).`,
        defect:
          '`-t` is a timeline, and pg_waldump answers "no start WAL location given". The recovery overwrites the data that is there, on one person\'s word.',
        steps: [
          {
            run: "TZ=Asia/Tokyo date '+%F %T JST' > before-the-drop\nhikeshi lab break table-dropped",
            holds: [/ is on$/],
          },
          { run: 'hikeshi set shodo-2 symptom data-lost\nhikeshi set shodo-2 data-loss yes' },
          { run: 'hikeshi restore points --service database', shows: [/^timeline \d/] },
          { run: 'hikeshi run shodo-2 quick-recovery-points --wait | tail -n 5' },
          pasted('データベースロールバック（PITR）', {
            typed: [
              ['pg_waldump -p /var/lib/postgresql/data/pg_wal -t 1', commits],
              ['./scripts/pitr-recovery.sh', './scripts/pitr-recovery.sh --incident=shodo-2'],
              ['2024-01-20 14:30:00 JST', '$(cat before-the-drop)'],
            ],
            meanwhile: [approve('shodo-2', 'restore', 'sato', false)],
            needs: ['kubectl'],
            // The live database still lacks the table.
            exit: 1,
            holds: [/^Restore to /, verified, /restore cut-over/, /^shodo verify-data/],
            shows: [/^rmgr: Transaction/],
          }),
          {
            run: 'hikeshi restore cut-over shodo-2 --wait',
            meanwhile: [
              approve('shodo-2', 'cut-over', 'sato', false),
              approve('shodo-2', 'cut-over', 'mori', false),
            ],
            holds: [verified],
          },
          { run: './scripts/verify-data.sh', holds: [/^shodo verify-data/] },
        ],
      },
    ],
  },
]

export const escalation: readonly Section[] = [
  {
    heading: '判断基準',
    entries: [
      {
        says: `The table is the runbook's \`escalation\` ([escalation.md](escalation.md)): levels are called by timers inside the incident, which survive every process, 5 and 10 minutes after the
declaration. Data loss calls everyone at once, a suspected breach the security team; \`escalate\` calls a level before its time.`,
        steps: [
          { run: 'hikeshi escalate shodo-1 cto', holds: [/ called/] },
          { run: 'hikeshi set shodo-1 breach yes' },
          {
            once: until('shodo-2', 'security called', ({ pages }) =>
              Object.values(pages).some(
                ({ status, call }) =>
                  status === 'sent' && call.level === 'security' && call.reason === 'data-loss',
              ),
            ),
            run: 'hikeshi timeline shodo-2 | grep "possible data loss"',
            holds: [/called (team-lead|cto|security): possible data loss/],
          },
        ],
      },
    ],
  },
  {
    heading: '連絡テンプレート',
    entries: [
      {
        block: 0,
        says: 'Filled in from the incident whenever it is asked for; only what nobody can read off is typed.',
        steps: [
          { run: 'hikeshi set shodo-1 impact part\nhikeshi set shodo-1 eta +30m' },
          {
            run: 'hikeshi --lang ja report shodo-1',
            holds: [
              /^【インシデント報告】$/,
              /^影響サービス: /,
              /^影響範囲: /,
              /^詳細:$/,
              /^実施済み対応:$/,
              /^次の対応:$/,
            ],
          },
        ],
      },
    ],
  },
]

export const afterwards: readonly Section[] = [
  {
    heading: 'インシデント終了後チェックリスト',
    entries: [
      {
        says: `The recovery, its announcement, the timeline and the number of affected users tick themselves. The rest is for people: until then a close is refused, unless the commander says why it
is left undone (\`--waive\`), or it is ticked within 30 days (\`--later\`).`,
        steps: [
          { run: 'hikeshi resolve shodo-1', holds: [/ resolved/] },
          {
            once: until(
              'shodo-1',
              'recovered and counted',
              ({ checks, affected }) => checks.recovered !== undefined && affected !== undefined,
            ),
            run: 'hikeshi close shodo-1',
            exit: 4,
            // Alerts that stop firing in the meantime tick their item themselves.
            shows: [/^HK316 /],
          },
          {
            run: 'for item in alerts-cleared post-mortem improvements; do\n  hikeshi check shodo-1 $item\ndone\nhikeshi close shodo-1',
            shows: [/ checked/, / closed/],
          },
          {
            once: until('shodo-1', 'put away', ({ phase }) => phase === 'closed'),
            run: 'hikeshi replay shodo-1',
            holds: [/identical/],
          },
          {
            run: 'hikeshi postmortem shodo-1 --output postmortem.md\nhead -n 20 postmortem.md',
            holds: [/^# /, /^## /],
          },
        ],
      },
    ],
  },
  {
    heading: 'ログ・証跡保全',
    entries: [
      {
        block: 0,
        says: 'A time without a zone is one of the team, and is said. The bundle of an incident has its timeline, its proof and the logs that were followed while it was open ([evidence.md](evidence.md)).',
        defect:
          "the times have no zone, and the second command ends in three dots: what is read of the logger has to be written out, as the runbook's `quick-audit` does.",
        steps: [
          { run: 'mkdir -p backup/incidents' },
          pasted('ログ・証跡保全', {
            typed: [
              ['2024-01-20 14:00:00', "$(TZ=Asia/Tokyo date -d '-1 hour' '+%F %T')"],
              ['2024-01-20 15:00:00', "$(TZ=Asia/Tokyo date '+%F %T')"],
              ['/backup/incidents/', 'backup/incidents/'],
              ['...', 'print(get_audit_logger().recent(50))'],
            ],
            needs: ['kubectl', 'python3'],
            holds: [/^Logs from /],
          }),
          {
            run: [
              'openssl genpkey -algorithm ed25519 -out aoki.key && openssl pkey -in aoki.key -pubout -out aoki.pub',
              'hikeshi evidence shodo-1 --output backup/incidents/ --key aoki.key',
              'hikeshi evidence verify backup/incidents/shodo-1 --key aoki.pub',
            ].join('\n'),
            needs: ['openssl'],
            holds: [/^shodo-1: \d+ files/],
          },
          { run: 'hikeshi run shodo-2 quick-audit --wait | tail -n 5' },
        ],
      },
    ],
  },
  {
    heading: '🛠️ ユーティリティスクリプト',
    entries: [
      {
        says: `\`auto-recovery.sh\`, \`incident.sh\`, \`notify.sh\`, \`scale.sh\` and \`rollback.sh\` were used above; \`restore.sh\` is \`pitr-recovery.sh\` without a time, \`collect-logs.sh\` collects as
\`collect-incident-logs.sh\` does. A backup is a change like any other. The DR drill restores a copy from a random moment, checks it and takes it away again.`,
        steps: [
          { run: './scripts/health-check.sh' },
          {
            run: './scripts/backup.sh --incident=shodo-2',
            meanwhile: [approve('shodo-2', 'backup', 'sato', false)],
            shows: [verified],
          },
          { run: './scripts/test-dr.sh -- --wait', shows: [/^postgres-backups: proved/] },
          {
            run: 'hikeshi resolve shodo-2\nhikeshi close shodo-2 --waive "走査のための障害"\nhikeshi list --all',
            holds: [/ resolved/, / closed \(/],
          },
        ],
      },
    ],
  },
]
