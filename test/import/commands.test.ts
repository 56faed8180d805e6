import assert from 'node:assert/strict'
import { manualKind } from '../../client/runbook/import/manual-step.ts'
import { ofScript } from './read.ts'

type Expected = readonly (readonly [kind: string, given: object])[]
const byHand = 'by hand'

/** One command, and the steps that it becomes. */
const commands: readonly (readonly [string, Expected | typeof byHand])[] = [
  ['kubectl get pods -n shop', [['kubernetes.pods', {}]]],
  ['kubectl get po -n=shop', byHand],
  ['kubectl get pods --namespace=shop --selector app=web', [['kubernetes.pods', { selector: 'app=web' }]]],
  ["kubectl get pods -n shop -l 'tier in (a,b)'", byHand],
  ['kubectl get pods -n shop -o yaml', byHand],
  ['kubectl get pods -n shop -o wide --no-headers | grep -v Running', [['kubernetes.pods', {}]]],
  ['kubectl -n shop get deploy/web', [['kubernetes.rollouts', { deployment: 'web' }]]],
  ['kubectl get secrets -n shop', byHand],
  ['kubectl logs -n shop deploy/web', [['kubernetes.logs', { deployment: 'web' }]]],
  [
    'kubectl logs -n shop web-0 --tail 5 -p',
    [['kubernetes.logs', { pod: 'web-0', tail: 5, previous: true }]],
  ],
  ['kubectl logs -n shop web-0 | tail -n 20', [['kubernetes.logs', { pod: 'web-0', tail: 20 }]]],
  [
    'kubectl logs -n shop web-0 --tail=9 | grep -e A -e "B C"',
    [['kubernetes.logs', { pod: 'web-0', tail: 9, grep: ['A', 'B C'] }]],
  ],
  ['kubectl logs -n shop web-0 --tail=9 | grep "a.*b"', [['kubernetes.logs', { pod: 'web-0', tail: 9 }]]],
  ['kubectl logs -n shop web-0 | grep -i error', [['kubernetes.logs', { pod: 'web-0', tail: 5000 }]]],
  ['kubectl logs -n shop web-0 | xargs echo', byHand],
  ['kubectl logs -n shop web-0 > file', byHand],
  ['kubectl logs -n shop web-0 2>&1 | less', [['kubernetes.logs', { pod: 'web-0' }]]],
  [
    'kubectl scale deployment web -n shop --replicas 3',
    [['kubernetes.scale', { deployment: 'web', replicas: 3 }]],
  ],
  ['kubectl scale deployment/web deployment/api -n shop --replicas=3', byHand],
  ['kubectl scale deployment/web -n shop --replicas=3 --current-replicas=2', byHand],
  ['kubectl scale deployment/web -n shop --replicas=9999', byHand],
  [
    'kubectl rollout undo deployment/web -n shop --to-revision=0',
    [['kubernetes.rollout-undo', { deployment: 'web' }]],
  ],
  ['kubectl rollout restart daemonset/web -n shop', byHand],
  ['kubectl rollout restart deployment/[SERVICE] -n shop', byHand],
  [
    'kubectl delete pod web-0 web-1 -n shop',
    [
      ['kubernetes.delete-pods', { pod: 'web-0' }],
      ['kubernetes.delete-pods', { pod: 'web-1' }],
    ],
  ],
  ['kubectl delete pod --all -n shop', byHand],
  ['kubectl delete deployment web -n shop', byHand],
  ['kubectl delete pod $(kubectl get pod -o name) -n shop', byHand],
  ['kubectl set resources deployment web --limits=memory=400m', byHand],
  ['kubectl exec -n shop web-0 -- psql -U a -c "DELETE FROM orders"', byHand],
  ['kubectl exec -n shop web-0 -- rm -rf /', byHand],
  ['kubectl exec -n shop web-0 -- ps aux', [['kubernetes.exec-read', { pod: 'web-0', argv: ['ps', 'aux'] }]]],
  [
    'kubectl exec -n shop web-0 -- ps -eo pid,etime,args',
    [['kubernetes.exec-read', { pod: 'web-0', argv: ['ps', '-eo', 'pid,etime,args'] }]],
  ],
  ['kubectl exec -n shop web-0 -- ps auxe', byHand],
  ['kubectl exec -n shop web-0 -- ps eww', byHand],
  ['kubectl exec -n shop web-0 -- cat /root/.my.cnf', byHand],
  ['kubectl exec -n shop web-0 -- cat /app/.aws/config', byHand],
  ['kubectl exec -n shop web-0 -- tail /root/.bash_history', byHand],
  ['kubectl scale deployment/web --replicas=3 -n "$(cat namespace)"', byHand],
  ['kubectl scale deployment/web --replicas=3 -n shop --context "$(pick)"', byHand],
  ['curl -s http://\u0430pi.example.com/health', byHand],
  ['kubectl exec -n shop web-0 -- df -h', [['kubernetes.exec-read', { pod: 'web-0', argv: ['df', '-h'] }]]],
  ['kubectl exec -n shop web-0 -- sh -c "df -h; rm x"', byHand],
  [
    'kubectl exec -n shop web-0 -- bash -lc "df -h"',
    [['kubernetes.exec-read', { pod: 'web-0', argv: ['df', '-h'] }]],
  ],
  ['kubectl exec -n shop web-0 -- date -s 2020-01-01', byHand],
  [
    'kubectl exec -n shop web-0 -- date -u',
    [['kubernetes.exec-read', { pod: 'web-0', argv: ['date', '-u'] }]],
  ],
  ['kubectl exec -n shop web-0 -- date 01020304', byHand],
  ['kubectl exec -n shop web-0 -- date -us2020-01-01', byHand],
  ['kubectl exec -n shop web-0 -- date -Rs 2020-01-01', byHand],
  ['kubectl exec -n shop web-0 -- date --utc --set=2020-01-01', byHand],
  [
    'kubectl exec -n shop web-0 -- date -uIseconds +%s',
    [['kubernetes.exec-read', { pod: 'web-0', argv: ['date', '-uIseconds', '+%s'] }]],
  ],
  ['kubectl exec -n shop web-0 -- pg_waldump -s 0/1 --save-fullpage=/tmp/x', byHand],
  [
    'kubectl exec -n shop web-0 -- pg_waldump -s 0/1 --stats',
    [['kubernetes.exec-read', { pod: 'web-0', argv: ['pg_waldump', '-s', '0/1', '--stats'] }]],
  ],
  ['kubectl exec -n shop web-0 -- ss --ki dst 10.0.0.1', byHand],
  ['kubectl exec -n shop web-0 -- cat /root/.ssh/config', byHand],
  ['kubectl exec -n shop web-0 -- cat /keys/id_ed25519', byHand],
  ['kubectl exec -n shop web-0 -- cat /etc/kubeconfig', byHand],
  ['kubectl exec -n shop web-0 -- cat /root/.kube/config', byHand],
  ['kubectl exec -n shop web-0 -- ss -K dst 10.0.0.1', byHand],
  ['kubectl exec -n shop web-0 -- hostname other', byHand],
  ['kubectl exec -n shop web-0 -- nvidia-smi -pm 1', byHand],
  ['kubectl exec -n shop deploy/redis -- redis-cli ping', [['redis.ready', { connection: 'redis' }]]],
  [
    'kubectl exec -n shop web-0 -- psql -h pg2.local -c "select 1"',
    [['postgres.ready', { connection: 'pg2' }]],
  ],
  ['psql -h 10.0.0.5 -c "select 1"', byHand],
  ['psql -h pg -p 6432 -c "select 1"', [['postgres.ready', { connection: 'pg-6432' }]]],
  ['kubectl rollout restart deployment/<other-service> -n shop', byHand],
  ['kubectl logs -n shop deployment/web --all-containers', byHand],
  ['kubectl exec -n shop web-0 -- cat /run/secrets/token', byHand],
  ['psql -h pg-main.internal -c "select 1;"', [['postgres.ready', { connection: 'pg-main' }]]],
  ['psql -h pg-main.internal -c "select 1; drop table x"', byHand],
  [`psql -h pg -c "select pg_reload_conf() from pg_stat_replication"`, byHand],
  [
    `psql -h pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state='idle' AND state_change < current_timestamp - INTERVAL '90 seconds'"`,
    [['postgres.terminate-idle', { connection: 'pg', olderThan: '90s' }]],
  ],
  [
    `psql -h pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' OR true"`,
    byHand,
  ],
  [
    `psql -h pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND state_change < now() - interval '1 hour'"`,
    byHand,
  ],
  [
    `psql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND state_change < now() - interval '1 hour'"`,
    byHand,
  ],
  ['redis-cli -h r config set maxmemory 1gb', [['redis.set-memory', { connection: 'r', maxmemory: '1gb' }]]],
  ['redis-cli -h r config set maxmemory lots', byHand],
  ['redis-cli -h r flushall', byHand],
  ['redis-cli flushdb', byHand],
  ['curl -sf https://a.example.com/health', [['http.health', { url: 'https://a.example.com/health' }]]],
  ['curl -sf https://a.example.com/health -d x=1', byHand],
  ['curl -sf https://a.example.com/health -o /tmp/x', byHand],
  ['curl -s http://prometheus:9090/api/v1/query?query=up', [['prometheus.targets', {}]]],
  ['curl -s http://localhost:9090/api/v1/query?query=rate(x[5m])', byHand],
  [
    "curl -s 'http://localhost:9090/api/v1/query?query=rate(x[5m])'",
    [['prometheus.query', { query: 'rate(x[5m])' }]],
  ],
  ['ab -n 5 -c 9 https://a.example.com/health', byHand],
  ['FOO=1 kubectl get pods -n shop', byHand],
  ['NS=shop; kubectl get pods -n $NS', [['kubernetes.pods', {}]]],
  [
    'kubectl get pods -n shop && kubectl get events -n shop',
    [
      ['kubernetes.pods', {}],
      ['kubernetes.events', {}],
    ],
  ],
  ['kubectl get pods -n shop && kubectl rollout restart deployment/web -n shop', byHand],
  ['kubectl get pods -n shop || kubectl get events -n shop', byHand],
  ['kubectl get pods -n shop &', byHand],
  ['kubectl\u00a0get pods', byHand],
  ['alias k=kubectl', byHand],
  ['eval kubectl get pods', byHand],
]

describe('a command of a document', () => {
  for (const [command, expected] of commands)
    it(`${command} is ${expected === byHand ? 'for people' : expected.map(([kind]) => kind).join(', ')}`, () => {
      const steps = ofScript(command)
      if (expected !== byHand) {
        assert.deepEqual(
          steps.map(({ kind, with: given }) => [kind, given]),
          expected,
        )
        return
      }
      assert.deepEqual(
        steps.map(({ kind }) => kind),
        [manualKind],
      )
      assert.deepEqual(steps[0]?.with.commands, [command])
    })
})

describe('a variable', () => {
  const last = (script: string) =>
    ofScript(`${script}\nkubectl scale deployment/$APP -n shop --replicas=2`).at(-1)
  const known = { kind: 'kubernetes.scale', deployment: 'web' }

  it('is what the block assigned, unless something else may have assigned it since', () => {
    const of = (script: string) => ({ kind: last(script)?.kind, deployment: last(script)?.with.deployment })
    assert.deepEqual(of('APP=web'), known)
    assert.deepEqual(of('APP=old\nexport APP=web'), known)
    for (const between of [
      'if x; then APP=api; fi',
      'read APP',
      'source ./env',
      'test -n "$X" && APP=api',
      'for i in a b; do APP=$i; done',
      'while true; do APP=api; sleep 1; done',
      'unset APP',
      'APP=$(cat app)',
      'f() { APP=api; }',
    ])
      assert.equal(last(`APP=web\n${between}`)?.kind, manualKind, between)
  })
})

describe('the words around a change', () => {
  const scale = 'kubectl scale deployment/web -n shop --replicas=3'
  const onlyOf = (comment: string) => ofScript(`# ${comment}\n${scale}`)[0]?.with.only

  it('say in which way it may go, and nothing where they say both', () => {
    assert.equal(onlyOf('Scale out'), 'up')
    assert.equal(onlyOf('スケールアウト'), 'up')
    assert.equal(onlyOf('Scale down again'), 'down')
    assert.equal(onlyOf('Scale up, later scale down'), undefined)
    assert.equal(onlyOf('Three replicas'), undefined)
    assert.equal(onlyOf('Never scale down'), undefined)
    assert.equal(onlyOf('Traffic decreases, errors increase'), undefined)
  })
})
