import { localDate } from '../../edge/local-time.ts'

const zone = 'Europe/Berlin'
/** A quarter of a year: when a new runbook is to be looked at again. */
export const reviewAfterMs = 92 * 86_400_000

/** A small runbook to begin with, written now: `hikeshi runbook init`. docs/runbook.md walks through it word by word. */
export function starterRunbook(name: string, nowMs: number): string {
  const prefix = name.toUpperCase().replaceAll('-', '_')
  return `# yaml-language-server: $schema=schema.json
# Editors check it by the schema: hikeshi runbook schema > schema.json
runbook: ${name}
title: { ja: 画像保管サービスの Runbook, en: Runbook of the picture store }
timezone: ${zone}
updated: ${localDate(nowMs, zone)}
nextReview: ${localDate(nowMs + reviewAfterMs, zone)}
cluster: \${HIKESHI_CLUSTER:-production}
namespace: ${name}

services:
  web:
    title: { ja: Web API, en: Web API }
    deployment: web
    selector: app=web
    health: \${${prefix}_URL:-https://${name}.example.com}/healthz
    slowAfter: 800ms
    dependsOn: [cache]
  cache:
    title: { ja: キャッシュ, en: Cache }
    selector: app=cache
    statefulSets: [cache]
    look:
      - kind: redis.memory

severities:
  CRITICAL:
    title: { ja: 全面停止, en: Complete outage }
    automatic: [reversible]
    updateEvery: 15m
  HIGH:
    title: { ja: 性能の劣化, en: Degraded for many }
    updateEvery: 30m
    quick:
      - id: pods-now
        title: { ja: Pod の状態, en: State of the pods }
        kind: kubernetes.pods
  MEDIUM:
    title: { ja: 一部機能の障害, en: One function is broken }
  LOW:
    title: { ja: 軽微な問題, en: Minor }
    updateEvery: 4h

firstResponse:
  - id: look
    title: { ja: ダッシュボードを確認, en: Look at the dashboard }

symptoms:
  - id: bad-release
    title: { ja: 不良リリース, en: Bad release }
    service: web
    signs: [health-failing]
    steps:
      - id: history
        title: { ja: ロールアウト履歴, en: Rollout history }
        kind: kubernetes.rollouts
        with: { deployment: $service.deployment }
      - id: rollback
        title: { ja: 前の版に戻す, en: Roll back }
        kind: kubernetes.rollout-undo
        with: { deployment: $service.deployment }
        when: [bad-rollout]

escalation:
  until: acknowledged
  levels:
    - id: on-call
      title: { ja: 当番, en: On call }
      after: 5m
      notify: [aya]
    - id: manager
      title: { ja: 課長, en: Manager }
      after: 20m
      atOnce: [data-loss, breach]
      notify: [ben]

people:
  aya: { title: { ja: 綾, en: Aya }, channels: [log] }
  ben: { title: { ja: 勉, en: Ben }, channels: [log] }

approvals: { reversible: 1, disruptive: 1, destructive: 2, expireAfter: 30m }
blastRadius: { readyPodsPercent: 50 }

afterwards:
  - id: post-mortem
    title: { ja: 振り返りを書く, en: Write the post-mortem }
`
}
