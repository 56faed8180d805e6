/** サービス別復旧手順: each symptom is made real in the lab, and repaired as the seed repairs it. */
import { pasted } from './paste.ts'
import { approve, change, heal, over, read, type Section, type Step, until } from './step.ts'

const begins = (fault: string): Step => ({ run: `hikeshi lab break ${fault}`, holds: [/ is on$/] })
const closed = (incident: string): readonly Step[] => [
  {
    run: `hikeshi resolve ${incident}\nhikeshi close ${incident} --waive "走査のための障害"`,
    holds: [/ closed/],
  },
]

const backend: readonly Section[] = [
  {
    heading: '症状: レスポンス遅延',
    entries: [
      {
        block: 0,
        says: `With its symptom named the incident reads everything that the seed reads under 現状確認, and proposes **Option A** as soon as slow answers are seen, on behalf of
whoever declared. So aoki may not approve it. **Option B** begins when somebody decides for it: only pods that are not Ready are replaced, of which there are none here. For a suspected
leak the memory is raised by hand; 確認 is the verification that each change ends with.`,
        steps: [
          begins('slow'),
          pasted('症状: レスポンス遅延', {
            typed: [
              [
                '[PROBLEMATIC_POD_NAME]',
                '$(kubectl get pods -n shodo -l app=shodo-backend -o name | head -n 1 | cut -d / -f 2)',
              ],
            ],
            needs: ['kubectl'],
            onceDoes: 'kubectl top pods -n shodo -l app=shodo-backend',
            holds: [/^NAME /, /scaled$/, /^pod .* deleted/, /resource requirements updated$/],
          }),
          heal(),
          begins('slow'),
          { run: 'hikeshi set open symptom slow', holds: [/^shodo-\d+ /] },
          { once: read('shodo-1', 'logs', 'top'), run: 'hikeshi show open top', holds: [/^Kind /] },
          approve('shodo-1', 'scale-out'),
          {
            run: 'hikeshi decide open way/replace-pods --reason "一部の Pod だけ遅い"',
            holds: [/^shodo-\d+ decided/],
          },
          {
            once: over('shodo-1', 'delete-pods'),
            run: 'hikeshi show open delete-pods',
            holds: [/^Step /, /^Kind /],
          },
          heal(),
          ...change('shodo-1', 'more-memory'),
          { run: 'hikeshi run open top --wait', holds: [/^NAME/] },
        ],
      },
    ],
  },
  {
    heading: '症状: 5xxエラー多発',
    entries: [
      {
        block: 0,
        says: `A deploy crashes (\`bad-deploy\`). The finding names its ReplicaSet, so the rollback is proposed; it goes back to a template by its hash and not to "the one before", so a
repeated undo cannot put the broken image back. 監視: the seed asks once, the smoke test several times in a row.`,
        defect: 'one good answer may be luck when half of the pods are broken.',
        steps: [
          begins('bad-deploy'),
          pasted('症状: 5xxエラー多発', {
            needs: ['kubectl', 'curl', 'jq', 'python3'],
            holds: [/rolled back$/, /successfully rolled out$/, /"status"/],
          }),
          heal(),
          begins('bad-deploy'),
          { run: 'hikeshi set open symptom 5xx\nhikeshi situation open' },
          approve('shodo-1', 'rollback'),
          { once: read('shodo-1', 'logs', 'rollouts'), run: 'hikeshi show open logs', holds: [/^Kind /] },
          { run: 'hikeshi run open database-from-backend --wait' },
          { run: './scripts/smoke-test.sh', holds: [/^shodo healthy/] },
        ],
      },
    ],
  },
]

const databases: readonly Section[] = [
  {
    heading: '症状: 接続エラー',
    entries: [
      {
        block: 0,
        says: `The backend forgets its sessions (\`pg-idle-connections\`). The database has an incident of its own, so from here on it is named. Sessions are ended by a list that was
approved, of this database and of no superuser.`,
        defect: "ends other databases' and superusers' sessions too, and does not say which.",
        steps: [
          heal(),
          begins('pg-idle-connections'),
          pasted('症状: 接続エラー', {
            needs: ['kubectl'],
            holds: [/^NAME /, /accepting connections$/, /^ connections \|/, /^ pg_terminate_backend/],
          }),
          heal(),
          begins('pg-idle-connections'),
          {
            run: 'hikeshi declare --service database --symptom connections --severity HIGH --description "接続エラー"',
            holds: [/^shodo-\d+ +declared/],
          },
          {
            once: read('shodo-2', 'pods', 'logs', 'ready', 'connection-count'),
            run: 'hikeshi show shodo-2 ready\nhikeshi show shodo-2 connection-count',
            holds: [/^Kind /],
          },
          approve('shodo-2', 'terminate-idle'),
        ],
      },
    ],
  },
  {
    heading: '症状: レプリケーション遅延',
    entries: [
      {
        block: 0,
        says: 'The replica no longer replays (`replica-lag`). Deleting its pod is not what repairs it: the step makes a new base backup, and counts as verified when the replica streams again.',
        defect:
          'a deleted pod comes back with the same data, and as far behind; and kubectl may wait for ever for it, since the next one has the same name.',
        steps: [
          heal(),
          begins('replica-lag'),
          pasted('症状: レプリケーション遅延', {
            // Seen to wait for ever for the old pod when its StatefulSet had already made another one of the same name.
            typed: [['kubectl delete pod', 'kubectl delete --wait=false pod']],
            needs: ['kubectl'],
            holds: [/\| +replay_lag/, /replication_lag/, /^pod .* deleted/],
          }),
          heal(),
          begins('replica-lag'),
          { run: 'hikeshi set shodo-2 symptom replication', holds: [/^shodo-\d+ /] },
          {
            once: read('shodo-2', 'replication', 'lag'),
            run: 'hikeshi show shodo-2 replication\nhikeshi show shodo-2 lag',
            holds: [/^Kind /],
          },
          approve('shodo-2', 'rebuild-replica'),
        ],
      },
    ],
  },
  {
    heading: '症状: メモリ不足',
    entries: [
      {
        block: 0,
        says: `Redis refuses writes (\`redis-full\`). More memory comes first, since it loses nothing. FLUSHDB says what it would delete, and wants two people besides the one who asked.`,
        steps: [
          heal(),
          begins('redis-full'),
          pasted('症状: メモリ不足', {
            needs: ['kubectl'],
            holds: [/^# Memory/, /^# Scanning the entire keyspace/, /^OK/],
          }),
          heal(),
          begins('redis-full'),
          {
            run: 'hikeshi declare --service redis --symptom memory --severity HIGH --description "Redis に書き込めない"',
            holds: [/^shodo-\d+ +declared/],
          },
          {
            once: read('shodo-3', 'memory', 'biggest-keys'),
            run: 'hikeshi show shodo-3 memory\nhikeshi show shodo-3 biggest-keys',
            holds: [/^Kind /],
          },
          approve('shodo-3', 'more-memory'),
          ...change('shodo-3', 'evict'),
          { run: 'hikeshi run shodo-3 flush' },
          approve('shodo-3', 'flush', 'sato', false),
          approve('shodo-3', 'flush', 'mori'),
          ...closed('shodo-3'),
        ],
      },
    ],
  },
]

const aiServer: readonly Section[] = [
  {
    heading: '症状: モデルロードエラー',
    entries: [
      {
        block: 0,
        says: 'A model file is gone (`model-missing`). Pods are restarted one by one, and the memory is raised only where a node can hold it.',
        defect: 'deletes all pods at once: nobody serves until the models are loaded.',
        steps: [
          heal(),
          begins('model-missing'),
          pasted('症状: モデルロードエラー', {
            needs: ['kubectl'],
            holds: [/NVIDIA-SMI/, /^pod .* deleted/, /resource requirements updated$/],
          }),
          heal(),
          begins('model-missing'),
          {
            run: 'hikeshi declare --service ai-server --symptom model-load --severity HIGH --description "モデルを読み込めない"',
            holds: [/^shodo-\d+ +declared/],
          },
          {
            once: read('shodo-4', 'gpu', 'models'),
            run: 'hikeshi show shodo-4 gpu\nhikeshi show shodo-4 models',
            holds: [/^Kind /],
          },
          approve('shodo-4', 'reload'),
          ...change('shodo-4', 'ai-memory'),
          {
            once: until('shodo-4', 'repaired', ({ resolutionProposed }) => resolutionProposed),
            run: 'hikeshi show shodo-4 | head -n 6',
          },
          ...closed('shodo-4'),
        ],
      },
    ],
  },
]

export const symptoms: readonly Section[] = [...backend, ...databases, ...aiServer]
