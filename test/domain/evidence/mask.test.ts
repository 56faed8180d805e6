import assert from 'node:assert/strict'
import fc from 'fast-check'
import { countMasked, maskCounter, maskerOf } from '../../../domain/evidence/mask.ts'
import { masksBehindNames } from '../../../domain/evidence/mask-behind.ts'
import { maskValue } from '../../../domain/evidence/mask-value.ts'

/** Put together here, so that no scanner of repositories takes them for real ones. */
const of = (...parts: readonly string[]) => parts.join('')
const base64 = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'

/** Each line with the words that must not be left in it. */
const secrets: readonly (readonly [line: string, secret: string])[] = [
  ['DB_PASSWORD=hunter2-prod', 'hunter2-prod'],
  ['connecting with password: hunter2-prod to primary', 'hunter2-prod'],
  ['{"user":"shodo","password":"pa ss wörd","level":3}', 'pa ss wörd'],
  [String.raw`{"message":"{\"apiKey\": \"k-93jf93jf\"}"}`, 'k-93jf93jf'],
  ["config = {'client_secret': 'c1ient', 'id': 7}", 'c1ient'],
  ['PGPASSWORD=s3cr3t psql -h primary', 's3cr3t'],
  ['postgres://shodo:s3cr3t@primary:5432/shodo?sslmode=disable', 's3cr3t'],
  ['redis://:s3cr3t@redis-master:6379/0', 's3cr3t'],
  ['amqps://app:p%40ss@queue/', 'p%40ss'],
  ['jdbc:postgresql://primary/shodo?user=app&password=s3cr3t&ssl=true', 's3cr3t'],
  ['host=primary user=app password=s3cr3t dbname=shodo', 's3cr3t'],
  ['AccountName=shodo;AccountKey=bm90LXJlYWw=;EndpointSuffix=core.windows.net', 'bm90LXJlYWw'],
  ['Authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
  ['authorization: Basic c2hvZG86czNjcjN0', 'c2hvZG86czNjcjN0'],
  ['curl -H "X-Auth: bearer abcdefghijklmnop"', 'abcdefghijklmnop'],
  ['Set-Cookie: sid=abc123; Path=/', 'abc123'],
  ['session_id=9f8e7d6c', '9f8e7d6c'],
  [of('jwt ey', 'JhbGciOiJIUzI1NiJ9.ey', 'JzdWIiOiIxMjM0In0.abc-_123'), 'JzdWIiOiIxMjM0In0'],
  [of('key AK', 'IAIOSFODNN7EXAMPLE used'), 'IOSFODNN7EXAMPLE'],
  [of('aws_secret_access_key = wJalrXUtnFEMI', '/K7MDENG/bPxRfiCY'), 'wJalrXUtnFEMI'],
  [of('cloning with gh', 'p_0123456789abcdefghijABCDEFGHIJ012345'), '0123456789abcdefghij'],
  [of('gl', 'pat-abcdefghij0123456789'), 'abcdefghij0123456789'],
  [of('xo', 'xb-123456789012-abcdefghij'), '123456789012-abcdefghij'],
  [of('https://hooks.sl', 'ack.com/services/T000/B000/XXXX'), 'T000/B000/XXXX'],
  [of('AI', 'zaSyA0123456789abcdefghijklmnopqrstuvw'), 'SyA0123456789'],
  [of('sk', '_live_0123456789abcdef'), '0123456789abcdef'],
  [of('model key sk', '-proj-0123456789abcdefghij'), '0123456789abcdefghij'],
  [of('//registry/:_authToken=npm', '_0123456789abcdefghijABCDEFGHIJ012345'), '0123456789abcdefghij'],
  [of('S', 'G.0123456789abcdefgh.0123456789abcdefgh'), '0123456789abcdefgh'],
  [of('-----BEGIN RSA PRIV', 'ATE KEY-----MIIE'), 'MIIE'],
  [base64, 'MIIEvQIBADANBgkq'],
  [`2026-11-30T09:30:01.000000000Z ${base64}`, 'MIIEvQIBADANBgkq'],
  ['mysqldump --password hunter2-prod shodo', 'hunter2-prod'],
  ['deploy --api-token "two words"', 'two words'],
  ['passphrase => "correct horse"', 'correct horse'],
  ['Cookie: theme=dark; a="b"; sid=abc123', 'abc123'],
  ['Authorization: ApiKey c2hvZG86czNjcjN0==', 'c2hvZG86'],
  ['Authorization: Basic YTpiYw==', 'YTpiYw'],
  [`curl -H 'Cookie: a=b; sid=abc123' https://shodo`, 'abc123'],
  ['Proxy-Authorization: Digest username="app", response="abc123"', 'abc123'],
  ['password=Xk3)9!zq-s3cr3t', '9!zq'],
  ['password=ab,s3cr3t', 's3cr3t'],
  [String.raw`{"password":"ab\"s3cr3t"}`, 's3cr3t'],
  ['password=true-s3cr3t', 's3cr3t'],
  ['password=none.s3cr3t', 's3cr3t'],
  ['SECRET_KEY_BASE=0123456789abcdef', '0123456789abcdef'],
  ['DB_PASS=hunter2', 'hunter2'],
  ['https://shodo/x?sig=s3cr3t&X-Amz-Signature=abc123', 's3cr3t'],
  ['https://shodo/x?X-Amz-Signature=abc123', 'abc123'],
  ['postgres://shodo:p@s3cr3t@primary/shodo', 's3cr3t'],
  ['\u001b[36mpassword\u001b[0m=s3cr3t', 's3cr3t'],
  ['\u001b[01;31m\u001b[Kpassword\u001b[m\u001b[K=s3cr3t # of grep', 's3cr3t'],
  [String.raw`{"msg":"\u001b[36mtoken\u001b[0m=s3cr3t"}`, 's3cr3t'],
  ['$ export TOKEN=abcdefgh \rijs3cr3t', 's3cr3t'],
  ['      DB_PASSWORD:                  s3cr3t', 's3cr3t'],
  ['DB_PASSWORD                         = s3cr3t', 's3cr3t'],
  ['{"headers":{"x-api-key":["s3cr3t"]}}', 's3cr3t'],
  ['{"env":[{"name":"DB_PASSWORD","value":"s3cr3t"}]}', 's3cr3t'],
  [String.raw`{"applied":"{\"name\":\"DB_PASSWORD\",\"value\":\"s3cr3t\"}"}`, 's3cr3t'],
  ['<property><db.password>s3cr3t</db.password></property>', 's3cr3t'],
  ["LOG:  statement: ALTER ROLE shodo PASSWORD 's3cr3t'", 's3cr3t'],
  ["CREATE USER shodo IDENTIFIED BY 's3cr3t'", 's3cr3t'],
  ['CONFIG SET requirepass "s3cr3t"', 's3cr3t'],
  ['curl -u shodo:s3cr3t https://shodo/', 's3cr3t'],
  ['パスワード：s3cr3t', 's3cr3t'],
  [`  "tls.key": "${Buffer.from('-----BEGIN ').toString('base64')}${base64}"`, 'MIIEvQIBADANBgkq'],
  [`  ".dockerconfigjson": "${Buffer.from('{"auths":').toString('base64')}e3MzY3IzdH0="`, 'e3MzY3IzdH0'],
  [`${base64} `, 'MIIEvQIBADANBgkq'],
  ['mysql -h primary -u root -ps3cr3t shodo', 's3cr3t'],
  [`$ mysqldump -uroot -p's3 cr3t' --all-databases | gzip`, 's3 cr3t'],
  ['sh -c "mysqladmin -p\'s3cr3t\' ping"', 's3cr3t'],
  ['/usr/bin/mariadb -p"s3;cr3t" -e "select 1"', 's3;cr3t'],
  ['mariadb-dump --host=primary -ps3cr3t', 's3cr3t'],
  ['mysql -p123456', '123456'],
  ['{"command":["mysql","-uroot","-ps3cr3t"]}', 's3cr3t'],
  [String.raw`{"cmd":"mysql -p\"s3cr3t\" -h db"}`, 's3cr3t'],
  ['redis-cli -h redis -a s3cr3t ping', 's3cr3t'],
  ['redis-cli --user shodo --pass s3cr3t info', 's3cr3t'],
  [`valkey-cli -a 's3 cr3t' info`, 's3 cr3t'],
  ['["redis-cli", "-a", "s3cr3t", "ping"]', 's3cr3t'],
  ['REDISCLI_AUTH=s3cr3t redis-cli ping', 's3cr3t'],
  ['sshpass -p s3cr3t ssh primary', 's3cr3t'],
  ['docker login registry.example -u shodo -p s3cr3t', 's3cr3t'],
  ['mongosh --host db -u app -p s3cr3t', 's3cr3t'],
  ['machine api.example login shodo password s3cr3t', 's3cr3t'],
  ['default login shodo password "s3 cr3t"', 's3 cr3t'],
  ['machine api.example\tlogin shodo account x password s3cr3t', 's3cr3t'],
  [`${base64} [cut]`, base64],
  // A mark protects nothing that stands beside it.
  [of('AWS_CREDENTIALS=AKIA', 'IOSFODNN7EXAMPLE:wJalr-s3cr3t'), 's3cr3t'],
  [of('secret=>AKIA', 'IOSFODNN7EXAMPLE:s3cr3t'), 's3cr3t'],
  [String.raw`password=|\s3cr3t`, 's3cr3t'],
  ['Cookie\u001b[0m: sid=s3cr3t; token=x; secret=y; password=z', 's3cr3t'],
  [String.raw`{"config":"user: app\npassword: |-\n  s3cr3t\nmode: fast"}`, 's3cr3t'],
]

/** What people need to read, and no rule may touch. */
const harmless: readonly string[] = [
  'GET /api/orders?page=2 200 in 12 ms',
  'prompt_tokens=512 max_tokens: 1024',
  'password authentication failed for user "shodo"',
  'the token expired; asked again',
  'password=null, token: undefined',
  'http://127.0.0.1:8080/health/shodo-backend answered 503',
  'postgres://shodo@primary:5432/shodo',
  'keys deleted: 12, key=orders:17 hit',
  'pod shodo-backend-5d4f8c7b9-x2x1q is Ready',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'image registry.example/shodo/backend@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 pulled',
  '復旧しました。パスワードの再設定は不要です',
  'author: Basic research group',
  '{"token":null,"secret":true} password: none)',
  'config=fast bypass=1 design: small',
  '\u001b[32mINFO\u001b[0m token refreshed in \u001b[1m12 ms\u001b[0m',
  "      DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
  'docker run -u 1000:1000 shodo-update:latest',
  ' 10%\r 20%\rpass 3',
  'mkdir -p /var/lib/mysql-files && ssh -p22 primary',
  'mysql -h primary -P 3306 -p shodo',
  'mysql -e "select 1" -p && mkdir -pv dir',
  'docker run --name mysql -p3306:3306 mysql:8',
  'docker run -p 8080:80 shodo; docker login registry.example',
  'redis-cli ping && ls -a /data',
  'redis-cli -h redis -p 6379 info',
  'kubectl logs -n mysql mysql-0 -p',
  'the mysql pod was restarted by mariadb-operator',
  'the machine is up, login works, password is not asked for',
  'password: |',
  'if token: > 3',
]

describe('masking secrets', () => {
  const mask = maskerOf()

  for (const [line, secret] of secrets)
    it(`takes the secret out of: ${line.slice(0, 60)}`, () => {
      const { text, masked } = mask(line)
      assert.ok(!text.includes(secret), text)
      assert.equal(countMasked(text), masked)
      assert.ok(masked >= 1)
    })

  for (const line of harmless)
    it(`leaves as it is: ${line.slice(0, 60)}`, () => assert.deepEqual(mask(line), { text: line, masked: 0 }))

  it('leaves what stands around a secret', () => {
    assert.equal(
      mask('user=app password=s3cr3t dbname=shodo').text,
      'user=app password=[masked:named] dbname=shodo',
    )
    assert.equal(
      mask('postgres://app:s3cr3t@primary/shodo').text,
      'postgres://app:[masked:url]@primary/shodo',
    )
  })

  it('leaves a line of JSON what it is', () => {
    const line = JSON.stringify({
      msg: 'sent "password=s3cr3t" and Cookie: a=b',
      inner: JSON.stringify({ token: 's3cr3t', kept: 1 }),
      path: 'token=C:\\\\s3cr3t\\\\',
      status: 401,
    })
    const masked = JSON.parse(mask(line).text)
    assert.ok(!mask(line).text.includes('s3cr3t'))
    assert.deepEqual([masked.status, JSON.parse(masked.inner).kept], [401, 1])
  })

  it('does the same to a line alone and among others, and to what it has masked nothing', () => {
    const lines = [...secrets.map(([line]) => line), ...harmless]
    const alone = lines.map((line) => mask(line).text).join('\n')
    assert.equal(mask(lines.join('\n')).text, alone)
    assert.deepEqual(mask(alone), { text: alone, masked: 0 })
  })

  it('takes the same out of a chunk as out of its lines, whatever stands beside what', () => {
    const own = maskerOf([{ name: 'customer', pattern: /\bC\d{8}\s*/gm }])
    const pieces = [...secrets.map(([line]) => line), ...harmless, '', 'C12345678', base64, '\r', 'a\u2028b']
    const line = fc.oneof(
      fc.constantFrom(...pieces),
      fc.tuple(fc.constantFrom(...pieces), fc.string({ maxLength: 8 })).map(([a, b]) => `${b} ${a}`),
    )
    fc.assert(
      fc.property(
        fc.array(
          line.map((text) => text.replaceAll('\n', ' ')),
          { maxLength: 12 },
        ),
        (lines) => {
          const alone = lines.map((text) => own(text))
          assert.deepEqual(own(lines.join('\n')), {
            text: alone.map(({ text }) => text).join('\n'),
            masked: alone.reduce((sum, { masked }) => sum + masked, 0),
          })
        },
      ),
      { numRuns: 500 },
    )
  })

  it('is counted wherever a text is cut', () => {
    const text = 'a [masked:named] b [masked:url][masked:jwt]'
    for (let cut = 0; cut <= text.length; cut++) {
      const counter = maskCounter()
      counter(text.slice(0, cut))
      assert.equal(counter(text.slice(cut)), 3)
    }
  })

  it('takes out the value of a variable that stands on the line behind its name, wherever the two are torn apart', () => {
    const printed = [
      '    - name: DB_PASSWORD\n      value: s3cr3t\n    - name: MODE\n      value: fast\n',
      '   "name": "API_TOKEN",\n   "value": "s3cr3t"\n',
      'db:\n  password: |\n    s3cr3t\n  mode: fast\n',
      '- db-password: >- # of the primary\n\n    s3cr3t\n  mode: fast\n',
      '2026-12-01T03:00:00.123456789Z apiKey: |2\n2026-12-01T03:00:00.123456790Z   s3cr3t\n',
      '2026-12-01T03:00:00.123456791Z mode: |\n2026-12-01T03:00:00.123456792Z   fast\n',
      '- name: DB_PASSWORD\n  value: |\n    s3cr3t\n    s3cr3t\n- name: MODE\n  value: |\n    fast\n',
      'default\n  login shodo\n  password s3cr3t\nlogin failed\npassword incorrect\n',
      'machine api.example\n  login shodo\n  password s3cr3t\n',
      'machine api.example login shodo\npassword s3cr3t\n',
      '\u001b[36mtoken\u001b[0m: |\n  s3cr3t\nmode: |\n  fast\n',
      ...[' password: |', '   s3cr3t', ' mode: fast'].map(
        (line) => `2026-12-01T12:00:00.123456789+09:00${line}\n`,
      ),
    ].join('')
    for (const at of [0, ...[...printed.matchAll(/\n/g)].map(({ index }) => index + 1)]) {
      const behind = masksBehindNames(mask)
      const text = behind(printed.slice(0, at)).text + behind(printed.slice(at)).text
      assert.equal(text, printed.replaceAll('s3cr3t', '[masked:named]'))
    }
  })

  it('is not switched off by whoever writes a mark', () => {
    assert.equal(mask('password=[masked:x]s3cr3t').text, 'password=[masked:named]')
  })

  it('ends a block with nothing but its column, whatever its lines begin with', () => {
    const { text } = masksBehindNames(mask)('password: |\n  \ts3cr3t\n  \u3000s3cr3t\nmode: fast\n')
    assert.equal(text, 'password: |\n  [masked:named]\n  [masked:named]\nmode: fast\n')
  })

  it('leaves the time of a line to whoever reads on from it, whatever the rules of the team are', () => {
    const own = maskerOf([{ name: 'account', pattern: /\d{4,}/gm }])
    for (const time of ['2026-12-01T03:02:33.123456789Z', '2026-12-01T12:02:33.123456789+09:00'])
      assert.equal(own(`${time} account 12345678`).text, `${time} account [masked:account]`)
  })

  it('takes out what stands behind a flag of any program that is named, also where that ends another list', () => {
    for (const words of [
      ['sshpass', '-p', 's3cr3t', 'ssh', 'db', 'mysql'],
      ['redis-cli', '-a', 's3cr3t', '-h', 'redis', 'mysql'],
    ])
      assert.doesNotMatch(JSON.stringify(maskValue(words, mask)), /s3cr3t/)
    const container = { command: ['sshpass', '-p'], args: ['s3cr3t', 'ssh'] }
    assert.doesNotMatch(JSON.stringify(maskValue(container, mask)), /s3cr3t/)
  })

  it('goes by the rules of the team as well', () => {
    const own = maskerOf([
      { name: 'customer', pattern: /\bC\d{8}\b/gm },
      { name: 'phone', pattern: /tel (?<number>[\d-]+)/gm },
    ])
    assert.deepEqual(own('order of C12345678, tel 03-1234-5678, token=x1'), {
      text: 'order of [masked:customer], tel [masked:phone], token=[masked:named]',
      masked: 3,
    })
  })

  // Time of the processor, so that a busy machine does not count: a rule that looks again from each place takes a hundred times as much.
  it('reads a line of 256 KiB that is nearly a secret in no time worth naming', () => {
    const nearly = [
      ...['password', 'A', 'a:', '--', 'eyJ.', 'eyJ-', 'bearer ', '"', 'x://', 'session_', 'eyJaaaaa.'],
      ...[
        '--token-',
        'password=',
        'Cookie: ',
        'a://b:c',
        'sig=',
        '\\"',
        "password='",
        '@',
        'token: "',
        '_pass ',
      ],
      ...['\u001b[36m', '\u001b]0;', ' \r', 'name": "a', '"name":"password","value":', '<token>', '-u a'],
      ...[
        'mysql ',
        'mysql -p',
        'mysql "',
        'mysql \'"',
        'redis-cli -a ',
        'sshpass -p',
        'docker login ',
        'mysql',
      ],
      ...['machine a ', 'login a ', 'machine a login a password', 'password: |\\n ', 'password: |\\n  a'],
      ...[`${'A'.repeat(59)} `, ' A', '- ', 'name: ', 'password: | ', 'account a '],
      ...["password '", 'requirepass ', 'LS0tLS1CRUdJTi', 'password      ', 'パスワード：'],
    ]
    const behind = masksBehindNames(mask)
    for (const piece of nearly)
      for (const before of ['token ', '']) {
        const line = `${before}${piece.repeat(262_144 / piece.length)}\n`
        behind(line)
        const begun = process.cpuUsage()
        behind(line)
        assert.ok(process.cpuUsage(begun).user < 200_000, piece)
      }
  })

  it('masks the environment of a container by its names, and texts wherever they stand', () => {
    const pod = {
      spec: {
        containers: [
          {
            env: [
              { name: 'DB_PASSWORD', value: 'hunter2' },
              { name: 'MODE', value: 'fast' },
              { name: 'DB_URL', value: 'postgres://app:s3cr3t@primary/shodo' },
              { name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } },
            ],
            args: ['--password', 'hunter2', '--password=hunter2', '-u', 'shodo:hunter2'],
          },
          { command: ['mysqldump'], args: ['-uroot', '-phunter2', 'kept-1'] },
          { command: ['/bin/redis-cli', '-a', 'hunter2', 'kept-2'] },
          { command: ['docker', 'run'], args: ['-p', '80:80', '-pkept-3'] },
        ],
      },
      data: { apiKey: 'abc', 'app.yaml': 'mode: fast\npassword: |\n  hunter2' },
      annotations: {
        applied: JSON.stringify({ env: [{ name: 'DB_PASSWORD', value: 'applied1' }], port: 80 }),
        nested: JSON.stringify([JSON.stringify({ args: ['-db-password', 'applied2'] })]),
        plain: '{ "replicas": 3.0 }',
        deep: `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      },
    }
    const masked = JSON.stringify(maskValue(pod, mask))
    for (const secret of ['s3cr3t', '"abc"', 'hunter2', 'applied1', 'applied2'])
      assert.ok(!masked.includes(secret), masked)
    assert.ok(masked.includes('"value":"fast"'))
    for (const kept of ['kept-1', 'kept-2', '80:80', '-pkept-3', 'mode: fast'])
      assert.ok(masked.includes(kept), kept)
    assert.ok(masked.includes('secretKeyRef'))
    assert.ok(masked.includes(JSON.stringify('{ "replicas": 3.0 }')))
  })
})
