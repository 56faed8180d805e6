import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { checkRunbook, reviewWarning } from '../../../domain/runbook/check.ts'
import { explainProblem } from '../../../domain/runbook/problem.ts'
import { type Runbook, runbookLimitBytes } from '../../../domain/runbook/runbook.ts'
import { canonicalJson, digest } from '../../../domain/timeline/canonical.ts'

type Draft = { [key: string]: unknown }

/** Puts any value at a path, for mistakes that no type would allow; undefined takes the key away. */
function put(book: Draft, path: string, value: unknown): void {
  const parts = path.split('.')
  const last = parts.pop() ?? assert.fail('no path')
  const holder = parts.reduce((here, part) => here[part] as Draft, book)
  if (value === undefined) delete holder[last]
  else holder[last] = value
}

/** shodo's runbook, changed. */
function shodo(change: (book: Draft) => void = () => {}): unknown {
  const source = readFileSync(new URL('../../../runbooks/shodo.yaml', import.meta.url), 'utf8')
  const book = parse(source.replace(/\$\{\w+:-([^}]*)\}/g, '$1'))
  change(book)
  return book
}

function sentences(change: (book: Draft) => void): readonly string[] {
  const checked = checkRunbook(shodo(change))
  assert.ok('problems' in checked, 'the check found nothing')
  for (const problem of checked.problems) assert.notEqual(explainProblem(problem, 'ja'), '')
  return checked.problems.map((problem) => explainProblem(problem, 'en'))
}

function accepted(source: unknown): Extract<ReturnType<typeof checkRunbook>, { book: Runbook }> {
  const checked = checkRunbook(source)
  assert.ok('book' in checked, JSON.stringify(checked))
  return checked
}

describe('checking a runbook', () => {
  it("takes shodo's runbook and names its digest", () => {
    const { book, sha256, warnings } = accepted(shodo())
    assert.equal(book.severities.CRITICAL.recoverWithin, 30_000)
    assert.equal(sha256, digest(book))
    assert.deepEqual(warnings, [])
  })

  it('wants to know how the state of a service is seen, by reading steps alone', () => {
    const database = (look: unknown) =>
      sentences((book) => put(book, 'services.database', { title: { ja: '-', en: '-' }, look }))
    assert.match(
      database([])[0] ?? '',
      /^services\.database: expected "health" or "look", .*; found neither\./,
    )
    const unasked = sentences((book) =>
      put(book, 'services.database.smokeTest', [{ url: 'http://127.0.0.1:8080/works' }]),
    )
    assert.match(
      unasked[0] ?? '',
      /^services\.database\.smokeTest: expected "health", which is asked before it; found none\./,
    )
    assert.match(database([{ kind: 'postgres.terminate-idle' }])[0] ?? '', /look\[?\.?0\]?\.kind/)
    assert.match(database([{ kind: 'postgres.raedy' }])[0] ?? '', /postgres\.ready/)
    assert.match(database([{ kind: 'postgres.ready', with: { conection: 'x' } }])[0] ?? '', /conection/)
  })

  it('names what a step wants of a service that does not have it', () => {
    const [problem = ''] = sentences((book) => {
      put(book, 'services.database', { title: { ja: '-', en: '-' }, look: [{ kind: 'postgres.ready' }] })
      put(book, 'symptoms.0.service', 'database')
    })
    assert.match(problem, /\$service\.health/)
  })

  it('checks what can be read of a runbook with other mistakes too', () => {
    const found = sentences((book) => {
      put(book, 'services.database', { title: { ja: '-', en: '-' }, look: 3, dependsOn: ['nobody'] })
      put(book, 'escalation.levels.0.notify', ['nobody'])
      put(book, 'nextReview', '2000-01-01')
    }).join('\n')
    assert.match(found, /services\.database\.look: expected a list/)
    assert.match(found, /escalation\.levels\[0\]\.notify\[0\]: expected one of/)
    assert.match(found, /nextReview: expected a date not before/)
    const unseen = sentences((book) => {
      put(book, 'services.database', { title: { ja: '-', en: '-' }, dependsOn: ['nobody'] })
      put(book, 'escalation.levels.0.notify', ['nobody'])
      put(book, 'titel', 'x')
    }).join('\n')
    assert.match(unseen, /services\.database: expected "health" or "look"/)
    assert.match(unseen, /services\.database\.dependsOn\[0\]/)
    assert.match(unseen, /escalation\.levels\[0\]\.notify\[0\]/)
    assert.match(unseen, /titel/)
  })

  it('finds nothing new in what it has compiled', () => {
    const once = accepted(shodo())
    const twice = accepted(JSON.parse(JSON.stringify(once.book)))
    assert.deepEqual(twice.book, once.book)
    assert.equal(twice.sha256, once.sha256)
  })

  it('holds every part of the seed that today has a step kind', () => {
    const { book } = accepted(shodo())
    assert.deepEqual(
      Object.values(book.severities).map(({ title }) => title.ja),
      ['サービス完全停止', 'パフォーマンス劣化', '単一機能障害', '軽微な問題（利用者への影響なし）'],
    )
    assert.deepEqual(
      book.symptoms.map(({ id, title }) => [id, title.ja]),
      [
        ['slow', 'レスポンス遅延'],
        ['5xx', '5xxエラー多発'],
        ['no-room', 'Podが配置できない（ノードの空き不足）'],
        ['connections', '接続エラー'],
        ['replication', 'レプリケーション遅延'],
        ['data-lost', 'データの消失・破損'],
        ['memory', 'メモリ不足'],
        ['model-load', 'モデルロードエラー'],
      ],
    )
    assert.equal(book.firstResponse.length, 5)
    assert.equal(book.afterwards.length, 7)
    assert.deepEqual(
      book.escalation.levels.map(({ id, after, atOnce }) => [id, after, atOnce]),
      [
        ['team-lead', 300_000, ['data-loss']],
        ['cto', 600_000, ['data-loss']],
        ['security', undefined, ['data-loss', 'breach']],
      ],
    )
  })

  const cases: readonly (readonly [string, (book: Draft) => void, readonly string[]])[] = [
    [
      'a step kind that does not exist, with the nearest one',
      (b) => {
        put(b, 'symptoms.1.steps.2.kind', 'kubernetes.rollout-und')
      },
      ['symptoms[1].steps[2].kind: expected one of', 'Did you mean "kubernetes.rollout-undo"?'],
    ],
    [
      'a step kind said by its second half',
      (b) => {
        put(b, 'symptoms.0.steps.5.kind', 'restart')
      },
      ['symptoms[0].steps[5].kind', 'Did you mean "kubernetes.rollout-restart"?'],
    ],
    [
      'a parameter that the kind does not have',
      (b) => {
        put(b, 'symptoms.0.steps.0.with.tial', 5)
      },
      [
        'symptoms[0].steps[0].with.tial: expected one of "deployment", "pod", "tail", "grep", "previous", "follow"; found "tial". Did you mean "tail"?',
      ],
    ],
    [
      'a connection by a name that no connections file can hold',
      (b) => {
        const look = [{ kind: 'postgres.ready', with: { connection: 'pg_main' } }]
        put(b, 'services.stores', { title: { ja: '-', en: '-' }, look })
      },
      ['services.stores.look[0].with.connection: expected a short name'],
    ],
    [
      'a parameter of the wrong type',
      (b) => {
        put(b, 'symptoms.0.steps.9.with.replicas', 'eight')
      },
      ['symptoms[0].steps[9].with.replicas: expected a number; found "eight".'],
    ],
    [
      'a placeholder that stands for nothing',
      (b) => {
        put(b, 'severities.HIGH.quick.2.with.deployment', '$service.deploymnet')
      },
      [
        'severities.HIGH.quick[2].with.deployment: expected one of "$service.deployment"',
        'Did you mean "$service.deployment"?',
      ],
    ],
    [
      'a finding that nothing reports',
      (b) => {
        put(b, 'symptoms.1.steps.4.when', ['bad-rolout'])
      },
      ['symptoms[1].steps[4].when[0]: expected one of', 'Did you mean "bad-rollout"?'],
    ],
    [
      'a service that depends on an unknown one',
      (b) => {
        put(b, 'services.backend.dependsOn', ['databse'])
      },
      ['services.backend.dependsOn[0]: expected one of'],
    ],
    [
      'services that need each other in a circle',
      (b) => {
        put(b, 'services.backend.dependsOn', ['frontend'])
        put(b, 'services.frontend.dependsOn', ['backend'])
      },
      [
        'services.backend.dependsOn: expected services without circular dependencies',
        'backend → frontend → backend',
      ],
    ],
    [
      "a load test of somebody else's address",
      (b) => {
        put(b, 'symptoms.0.steps.2.kind', 'http.load')
        put(b, 'symptoms.0.steps.2.with', { url: 'https://api.shodo.example.com/heath' })
      },
      [
        'symptoms[0].steps[2].with.url: expected one of "$service.health", "https://api.shodo.example.com/health"',
        'Did you mean "https://api.shodo.example.com/health"?',
      ],
    ],
    [
      'signs that no step can find',
      (b) => {
        put(b, 'symptoms.1.signs', ['bad-rolout'])
      },
      ['symptoms[1].signs[0]: expected one of', 'Did you mean "bad-rollout"?'],
    ],
    [
      '"when" on a step that only reads',
      (b) => {
        put(b, 'symptoms.0.steps.1.when', ['crash-loop'])
      },
      ['symptoms[0].steps[1].when: expected "when" only on a step that changes something'],
    ],
    [
      'a symptom of a service that does not exist',
      (b) => {
        put(b, 'symptoms.0.service', 'backnd')
      },
      ['symptoms[0].service: expected one of "backend"', 'Did you mean "backend"?'],
    ],
    [
      'a service named like a member of every object',
      (b) => {
        put(b, 'symptoms.0.service', 'constructor')
      },
      ['symptoms[0].service: expected one of "backend"'],
    ],
    [
      'a level that calls nobody known',
      (b) => {
        put(b, 'escalation.levels.1.notify', ['ctoo'])
      },
      ['escalation.levels[1].notify[0]: expected one of', 'Did you mean "cto"?'],
    ],
    [
      'levels out of order',
      (b) => {
        put(b, 'escalation.levels.1.after', '1m')
      },
      ['escalation.levels[1].after: expected 5m or later, because levels are in order of time; found 1m.'],
    ],
    [
      'a policy in which time alone calls nobody',
      (b) => {
        for (const i of [0, 1]) put(b, `escalation.levels.${i}.after`, undefined)
      },
      ['escalation.levels: expected at least one level with "after"'],
    ],
    [
      'a person without a channel',
      (b) => {
        put(b, 'people.cto.channels', [])
      },
      ['people.cto.channels: expected a list of at least 1; found an empty list.'],
    ],
    [
      'a step id twice in a symptom',
      (b) => {
        put(b, 'symptoms.0.steps.1.id', 'logs')
      },
      ['symptoms[0].steps[1].id: expected a name not used before; found "logs" again.'],
    ],
    [
      'a step id that a quick reference uses as well',
      (b) => {
        put(b, 'symptoms.0.steps.3.id', 'quick-scale-out')
      },
      ['symptoms[0].steps[3].id: expected a name not used before'],
    ],
    [
      'a symptom twice in one service',
      (b) => {
        put(b, 'symptoms.1.id', 'slow')
      },
      ['symptoms[1].id: expected a name not used before; found "backend/slow" again.'],
    ],
    [
      'a checklist item in both lists',
      (b) => {
        put(b, 'afterwards.0.id', 'scope')
      },
      ['afterwards[0].id: expected a name not used before; found "scope" again.'],
    ],
    [
      'a recovery with nothing to start',
      (b) => {
        put(b, 'severities.HIGH.recoverWithin', '30s')
        put(b, 'severities.HIGH.quick', [])
      },
      ['severities.HIGH.quick: expected a quick step that changes something'],
    ],
    [
      'a destructive step that would run by itself',
      (b) => {
        put(b, 'severities.CRITICAL.automatic', ['destructive'])
      },
      ['severities.CRITICAL.automatic[0]: expected one of "read", "reversible", "disruptive"'],
    ],
    [
      'fewer than two approvals for destructive steps',
      (b) => {
        put(b, 'approvals', { destructive: 1 })
      },
      ['approvals.destructive: expected a number of at least 2; found 1.'],
    ],
    [
      'an approval smuggled into a step',
      (b) => {
        put(b, 'symptoms.1.steps.2.approved', true)
      },
      ['symptoms[1].steps[2].approved: expected one of "id", "title", "kind", "with", "when"'],
    ],
    [
      'a risk smuggled into a step',
      (b) => {
        put(b, 'symptoms.1.steps.2.risk', 'read')
      },
      ['symptoms[1].steps[2].risk: expected one of'],
    ],
    [
      'a review before the last change',
      (b) => {
        put(b, 'nextReview', '2026-01-01')
      },
      ['nextReview: expected a date not before 2026-11-24; found "2026-01-01".'],
    ],
    [
      'an escape code in a title',
      (b) => {
        put(b, 'title.en', '\u001b[31mred')
      },
      ['title.en: expected text without invisible characters; found "\\u001b[31mred".'],
    ],
    [
      'a text that turns the direction of writing',
      (b) => {
        put(b, 'title.ja', 'a\u202eb')
      },
      ['title.ja: expected text without invisible characters; found "a\\u202eb".'],
    ],
    [
      'a runbook too large to travel with every incident',
      (b) => {
        put(b, 'title.en', '火'.repeat(50_000))
      },
      ['expected a runbook of at most 131072 bytes once compiled; found 1'],
    ],
  ]
  for (const [what, change, expected] of cases) {
    it(`refuses ${what}`, () => {
      const found = sentences(change)
      assert.equal(found.length, 1, found.join('\n'))
      for (const part of expected) assert.ok(found[0]?.includes(part), `${part}\nis not in\n${found[0]}`)
    })
  }

  it('reports a misspelt key once, not also as missing', () => {
    const found = sentences((b) => {
      put(b, 'severities.HIHG', { title: { ja: '高', en: 'high' } })
      put(b, 'severities.HIGH', undefined)
    })
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', /^severities\.HIHG: .* Did you mean "HIGH"\?$/)
  })

  it('names mistakes in steps together with those elsewhere', () => {
    const found = sentences((b) => {
      put(b, 'timezone', 'Asia Tokyo')
      put(b, 'symptoms.0.steps.0.kind', 'kubernetes.log')
    })
    assert.equal(found.length, 2, found.join('\n'))
  })

  for (const [what, source] of [
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'runbook'],
  ] as const) {
    it(`refuses ${what} instead of a runbook`, () => {
      const checked = checkRunbook(source)
      assert.ok('problems' in checked && checked.problems.length > 0)
    })
  }

  it('refuses nesting that would overflow the stack, and does not fall over it', () => {
    let deep: unknown = 'bottom'
    for (let i = 0; i < 5_000; i++) deep = [deep]
    const checked = checkRunbook({ runbook: deep })
    assert.ok('problems' in checked)
    assert.match(explainProblem(checked.problems[0] ?? assert.fail(), 'en'), /nesting of at most 50 levels/)
  })

  it('takes a runbook of just the size that may travel, counted in bytes of UTF-8, and none above', () => {
    const { book } = accepted(shodo((b) => put(b, 'title.en', 'x')))
    const room = runbookLimitBytes - Buffer.byteLength(canonicalJson(book)) + 1
    // Letters of one to four bytes, and the first and last of each length.
    for (const letters of ['a', 'é\u07ff', '\u0800火\uffee', '\u{10000}🔥']) {
      const many = letters.repeat(Math.floor(room / Buffer.byteLength(letters)) - 1)
      const title = many + 'x'.repeat(room - Buffer.byteLength(many))
      accepted(shodo((b) => put(b, 'title.en', title)))
      const [found = ''] = sentences((b) => put(b, 'title.en', `${title}x`))
      assert.equal(found, 'expected a runbook of at most 131072 bytes once compiled; found 131073 bytes.')
    }
  })

  it('warns of a recovery that is allowed nothing, of risks that call nobody, of idle people and of levels called by hand only', () => {
    const { warnings } = accepted(
      shodo((b) => {
        put(b, 'severities.CRITICAL.automatic', [])
        put(b, 'people.dba', { title: { ja: 'DBA', en: 'DBA' }, channels: ['log'] })
        put(b, 'escalation.levels.2.atOnce', [])
      }),
    )
    assert.deepEqual(
      warnings.map(({ path }) => path.join('.')),
      ['severities.CRITICAL.recoverWithin', 'escalation.levels', 'people.dba', 'escalation.levels.2'],
    )
  })

  it('refuses times in which nothing can happen', () => {
    const found = sentences((b) => {
      put(b, 'approvals', { expireAfter: '0s' })
      put(b, 'severities.LOW.updateEvery', '0s')
      put(b, 'severities.CRITICAL.recoverWithin', '1s')
      put(b, 'services.backend.slowAfter', 0)
    })
    assert.deepEqual(found.map((each) => each.replace(/;.*/, '')).toSorted(), [
      'approvals.expireAfter: expected 1m or more',
      'services.backend.slowAfter: expected 1ms or more',
      'severities.CRITICAL.recoverWithin: expected 5s or more',
      'severities.LOW.updateEvery: expected 5s or more',
    ])
  })

  it('warns on the review date and after it, not before', () => {
    const { book } = accepted(shodo())
    assert.equal(reviewWarning(book, '2027-02-23'), undefined)
    assert.match(reviewWarning(book, '2027-02-24')?.says.en ?? '', /2027-02-24/)
  })
})
