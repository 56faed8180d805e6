/**
 * Sentences about a mistake, in both languages. Schemas and doors say them in English ("expected a name"), here stands the Japanese; a
 * test holds the list against every source. Figures may differ (`# s` is `10 s` and `30 s`), and `*` is whatever stands there.
 */
import type { Text } from './words.ts'

/** After "expected ". */
const expected: Readonly<Record<string, string>> = {
  'waive or later, not both': 'waive か later のどちらか一方',
  'a short name: a-z, #-# and -': '短い名前（a-z、#-#、-）',
  'a Kubernetes name: a-z, #-#, - and .': 'Kubernetes の名前（a-z、#-#、-、.）',
  'a label selector such as app=shodo-backend': 'app=shodo-backend のようなラベルセレクター',
  'an IANA time zone such as Asia/Tokyo': 'Asia/Tokyo のような IANA タイムゾーン',
  'a duration such as #s, #m or #h#m': '#s、#m、#h#m のような時間',
  'an amount of memory such as #mb or #gb': '#mb や #gb のようなメモリ量',
  'an amount of memory such as #Mi or #Gi': '#Mi や #Gi のようなメモリ量',
  'an amount of CPU such as #m or #': '#m や # のような CPU 量',
  'bytes: #m is # of a byte, #Mi is meant':
    'バイト単位の量（#m は # バイトを意味します。#Mi の誤りではありませんか）',
  'memory or cpu': 'memory か cpu',
  'limits or requests': 'limits か requests',
  'no more than the limits': 'limits 以下の値',
  'either pod or selector': 'pod か selector のどちらか一方',
  'either deployment or pod': 'deployment か pod のどちらか一方',
  'either secretFile or secretEnv': 'secretFile か secretEnv のどちらか一方',
  'secretFile or secretEnv, not both': 'secretFile か secretEnv のどちらか一方',
  'toRevision or toTemplate, not both': 'toRevision か toTemplate のどちらか一方',
  'maxmemory, policy or both': 'maxmemory か policy、または両方',
  'no "previous": that run has ended and says nothing more':
    '「previous」なし（終了した実行からは新しい出力がありません）',
  "a name of at most # characters: letters, digits, spaces and . _ @ + - '":
    "# 文字以下の名前（文字、数字、空白、. _ @ + - '）",
  'a severity such as CRITICAL, or warning': 'CRITICAL や warning のような緊急度',
  'IP:PORT': 'IP:PORT',
  'the name of a person; this one is reserved': '人の名前（予約済みの名前は使えません）',
  'the name of a person': '人の名前',
  'the name of a service': 'サービスの名前',
  'the whole hash that "show" prints, 64 digits': '「show」が表示するハッシュ全体（64 桁）',
  'less nesting': 'より浅い入れ子',
  'one that nobody but its owner can write': '所有者だけが書き込めるもの',
  'at most # KB of parameters': '# KB 以下のパラメーター',
  'true or false': 'true または false',
  'an address with https://': 'https:// で始まるアドレス',
  'an address with https://, or http:// on this machine':
    'https:// で始まるアドレス（このマシン上なら http:// も可）',
  'no key of the API, with which one would sign for everybody':
    'API 以外の鍵（API の鍵があれば、誰の署名でも作れてしまうため）',
  'a word without control characters or ones that nobody sees': '制御文字や見えない文字を含まない語',
  'a workload such as deployment/shodo-backend': 'deployment/shodo-backend のようなワークロード',
  'the plan of this kind of step': 'この種類の手順の計画',
  'the id of an incident such as shodo-42': 'shodo-42 のようなインシデント ID',
  'the id of an incident or of a look': 'インシデントまたは診断の ID',
  'a run of the incident such as shodo-42/rollback': 'shodo-42/rollback のような手順の実行',
  'at least 8 digits of the hash that "show" prints': '「show」が表示するハッシュの先頭 8 桁以上',
  'SEQ:HASH with all 64 digits, as in a page or in the annotation hikeshi.dev/head':
    '連絡や注釈 hikeshi.dev/head にある SEQ:HASH（64 桁すべて）',
  'a pod-template-hash': 'Pod テンプレートのハッシュ',
  'at least one service': '1 つ以上のサービス',
  '"health" or "look", by which the state of the service is seen':
    'サービスの状態を確認する「health」か「look」',
  'the name of a file in the folder': 'フォルダー内のファイル名',
  'an absolute path such as /models/': '/models/ のような絶対パス',
  'the name of a program first': '先頭にプログラム名',
  'a word without control characters': '制御文字や見えない文字を含まない語',
  'text without control characters': '制御文字や見えない文字を含まない文字列',
  'a name without control characters': '制御文字や見えない文字を含まない名前',
  'a name': '名前',
  'values nested at most # deep': '# 段以下の入れ子の値',
  'at most # s': '# 秒以下',
  '#s or more': '# 秒以上',
  'at most #s': '# 秒以下',
  'at most # points (last / every)': '# 点以下（last ÷ every）',
  'at most # s in all (times × every)': '合計 # 秒以下（times × every）',
  'at most # characters in all': '合計 # 文字以下',
  'at most as many at a time as there are requests': 'リクエスト数以下の同時実行数',
  'the name of a step such as rollback or rollback.#': 'rollback や rollback.# のような手順名',
  'the hash that "show" prints, at least # digits': '「show」が表示するハッシュ（# 桁以上）',
  '# hex digits': '16 進数 # 桁',
  'the fingerprint of an alert': 'アラートの fingerprint',
  'a time such as #-#-#T#:#:#Z': '#-#-#T#:#:#Z のような時刻',
  'an address without user name and password: the signature says who sends':
    'ユーザー名・パスワードを含まない URL（送信者は署名で示されます）',
  'an address without user and password': 'ユーザー名・パスワードを含まない URL',
  'the name of an environment variable': '環境変数名',
  'the SHA-# of a token, # hex digits': 'トークンの SHA-#（16 進数 # 桁）',
  'person or machine': 'person か machine のどちらか',
  'a service such as backend or shodo/backend': 'backend や shodo/backend のようなサービス名',
  'the name of a runbook': 'Runbook の名前',
  'visible ASCII characters, such as a UUID': 'UUID のような ASCII 文字列',
  'a PEM public key (BEGIN PUBLIC KEY)': 'PEM 形式の公開鍵（BEGIN PUBLIC KEY）',
  'a PEM private key: *': 'PEM 形式の秘密鍵（*）',
  'an Ed# key': 'Ed# の鍵',
  'an Ed# key, got *; make one with "hikeshi api keygen DIR"':
    'Ed# の鍵（実際: *）。「hikeshi api keygen DIR」で作成できます',
  'it once': '1 回だけの指定',
  'application/json': 'application/json',
  JSON: 'JSON',
  'at most # KiB': '# KiB 以下',
  'one spelling of each name: "*" and "*" are the same': '名前の表記の統一（「*」と「*」は同じ人です）',
  '"*" to be a person or a machine, not both': '「*」が人か機械のどちらか一方',
  'at most # items with a type': 'type を持つ要素 # 個以下',
  'every sha# once: a token names one person or machine':
    '重複しない sha#（トークンは 1 人または 1 台だけを表します）',
  'HOST:PORT such as *, got *': '* のような HOST:PORT（実際: *）',
  'PERSON, or --machine NAME': '人の名前、または --machine NAME',
  'the name of a person or machine': '人または機械の名前',
  'one of * (did you mean *?)': '* のいずれか（もしかして: *）',
  'one of *': '* のいずれか',
  'the health address of a service: *': 'サービスの health の URL（*）',
  'name=value': '名前=値',
  'the number of an event': 'イベントの番号',
  'on or off': 'on か off',
  'either a text or --stdin': '文章か --stdin のどちらか一方',
  'a text': '文章',
  '#:#, +#m, or a time with its offset such as *': '#:#、+#m、または * のような時差付きの時刻',
  '#:#, +#m, or a time with its offset': '#:#、+#m、または時差付きの時刻',
  'a time with its offset': '時差付きの時刻',
  'a time with its offset such as *': '* のような時差付きの時刻',
  'a duration such as #s or #m': '#s や #m のような時間',
  'a duration such as #d, or a date': '#d のような期間または日付',
  'an Ed# signature in base#url': 'base#url の Ed# 署名',
  'the name of a person before .pub, got *': '.pub の前に人の名前（実際: *）',
  'one file of each person': '1 人につき 1 ファイル',
  "each key once: a key is one person's": '重複しない鍵（鍵は 1 人のものです）',
  'a line that "hikeshi runbook sign" wrote': '「hikeshi runbook sign」が書いた行',
  'a file: what is signed lies beside it': 'ファイル名（署名はその隣に保存されます）',
  'a time that has been': '過去の時刻',
  'incidents, cluster, got *': 'incidents、cluster（実際: *）',
}

/** Whole sentences. */
const sentences: Readonly<Record<string, string>> = {
  'its mode is #; expected one that nobody but its owner can write (chmod go-w *)':
    'モードが # です。所有者以外が書き込めないようにしてください（chmod go-w *）',
  'the mode of its folder is #; expected one that nobody but its owner can write (chmod go-w *)':
    'フォルダーのモードが # です。所有者以外が書き込めないようにしてください（chmod go-w *）',
  'its mode is #; expected one that others cannot read or write (chmod # *)':
    'モードが # です。他のユーザーが読み書きできないようにしてください（chmod # *）',
  'there is no such address': 'そのようなアドレスはありません',
  'it cannot be read (*)': '読み取れません（*）',
  'it cannot be written (*)': '書き込めません（*）',
  'it cannot be opened (*)': '開けません（*）',
  'what would be done (*) is not what was approved (*)':
    '実行しようとした内容（*）が承認された内容（*）と異なります',
  '* cannot be read (*)': '* を読み取れません（*）',
  'its secret cannot be read from the file * (*)': 'シークレットのファイル * を読み取れません（*）',
  'its secret is not set in the environment (*)': 'シークレットの環境変数（*）がありません',
  'its secret in * is shorter than # bytes': '* のシークレットが # バイト未満です',
  'this worker knows no reading step of that name': 'このワーカーにその名前の読み取り手順はありません',
  'pod * has no controller that would make it again': 'Pod * には作り直すコントローラーがありません',
  '* pods match; one step deletes at most #':
    '* 個の Pod が該当しますが、1 回の手順で削除できるのは # 個までです',
  'the pod is being deleted': 'Pod は削除中です',
  'the connection into * ended without a word': '* への接続が応答なしに切れました',
  'another step took the target over meanwhile': 'その間に別の手順が対象を引き継ぎました',
  'The role may not terminate sessions of others: grant it pg_signal_backend.':
    'このロールは他のセッションを切断できません。pg_signal_backend を付与してください。',
  'its number was given out before': 'その番号は使用済みです',
  'no workflow is there that takes it': '受け取るワークフローがありません',
  'its answer was not taken by the rules': '応答がルールで受け付けられませんでした',
  'nobody answered in time': '時間内に応答がありません',
  'no address is known for * (*)': '* の名前解決ができません（*）',
  'nobody listens at * (*)': '* で待ち受けているものがありません（*）',
  "* is none of this API's names": '* はこの API の名前ではありません',
  'a proxy that passes on requests for * opens this door to whoever reaches the proxy, and no tokens are configured. Name a token file in HIKESHI_API_TOKENS':
    '* へのリクエストを中継するプロキシに届く人なら誰でも入れますが、トークンが設定されていません。HIKESHI_API_TOKENS にトークンファイルを指定してください',
  '* is open to other machines, and no tokens are configured. Name a token file in HIKESHI_API_TOKENS, or listen on *':
    '* は他のマシンから接続できますが、トークンが設定されていません。HIKESHI_API_TOKENS にトークンファイルを指定するか、* で待ち受けてください',
  'no valid YAML (*).': 'YAML として正しくありません（*）。',
  "unknown command '*' (Did you mean *?)": 'コマンド「*」はありません（もしかして: *）',
  "unknown command '*'": 'コマンド「*」はありません',
  "unknown option '*' (Did you mean *?)": 'オプション「*」はありません（もしかして: *）',
  "unknown option '*'": 'オプション「*」はありません',
  "missing required argument '*'": '引数「*」がありません',
  "required option '*' not specified": 'オプション「*」は必須です',
  "option '*' argument missing": 'オプション「*」の値がありません',
  "option '*' argument '*' is invalid. Allowed choices are *.":
    'オプション「*」の値「*」は使えません。使える値: *。',
  "option '*' argument '*' is invalid. expected one of *. Did you mean *?":
    'オプション「*」の値「*」は使えません。使える値: *。もしかして: *',
  "option '*' argument '*' is invalid. expected one of *.":
    'オプション「*」の値「*」は使えません。使える値: *。',
  "option '*' argument '*' is invalid. expected a name": 'オプション「*」の値「*」は名前として使えません。',
  "command-argument value '*' is invalid for argument '*'. Allowed choices are *.":
    '値「*」は引数「*」に使えません。使える値: *。',
  "too many arguments for '*'. (expected #, got #)": '「*」の引数が多すぎます（# 個のところ # 個）。',
  'a runbook is published and withdrawn by an update, never by a signal':
    'Runbook の公開と取り下げはアップデートで行い、シグナルでは受け付けません',
  'nobody whose key it knows has signed it.': '鍵を登録済みの人の署名がありません。',
  'its guarded words take the signatures of two people, and only * signed them.':
    '保護対象の記述には 2 人の署名が必要ですが、署名したのは * だけです。',
  'a version that was signed later has been in force.': 'より新しい署名の版が公開済みです。',
  'no runbook is published on its desk.': '公開されている Runbook がありません。',
  'it cannot be read as a runbook.': 'Runbook として読み取れません。',
  'HTTP #': 'HTTP #',
  'there is no pod to delete: *': '削除する Pod がありません: *',
  'the autoscaler * keeps it between * and * replicas; change those bounds instead (kubectl edit hpa *)':
    'オートスケーラー * が * から * レプリカに保っています。その範囲を変更してください（kubectl edit hpa *）',
  'it is a replica; flush its primary *': 'レプリカです。プライマリ * で実行してください',
  'this server has FLUSHDB switched off (rename-command)':
    'このサーバーでは FLUSHDB が無効です（rename-command）',
  '* are used, more than *, and with noeviction every write would be refused; choose a larger maxmemory or another policy, or make room first':
    '使用量 * が * を超えており、noeviction では書き込みがすべて拒否されます。maxmemory を大きくするか、別の方針を選ぶか、先に空きを作ってください',
  'it answered #': '# を返しました',
  'one row was expected, none came': '1 行の結果が得られませんでした',
  'psql in *: *': '* の psql: *',
  'the answer of psql is longer than # KiB': 'psql の出力が # KiB を超えています',
  'it has no controller that would make it again': '作り直すコントローラーがありません',
  '* is a replica itself: nothing to copy from': '* 自体がレプリカで、複製元になりません',
  '* takes writes itself: it is no replica': '* は書き込みを受け付けており、レプリカではありません',
  '* belongs to another cluster than *': '* は * とは別のクラスターのものです',
  '* is no longer the primary it was': '* は以前のプライマリではありません',
  'it has no container *; it has *': 'コンテナー * がありません。あるのは * です',
  'container * would request * of *, more than its limit *; set both':
    'コンテナー * の要求 *（*）が上限 * を超えます。両方を指定してください',
  'it was changed by others # times in a row': '# 回続けて他から変更されました',
  'its status changed # times in a row': '# 回続けて状態が変わりました',
  'it has no pod': 'Pod がありません',
  'its containers are *': 'コンテナーの状態は * です',
  'it is paused; resume it first (kubectl rollout resume)':
    '一時停止中です。先に再開してください（kubectl rollout resume）',
  'its newest template has no ReplicaSet yet; try again in a moment':
    '最新テンプレートの ReplicaSet がまだありません。少し待って再実行してください',
  'ReplicaSet * is gone (revisionHistoryLimit *)': 'ReplicaSet * は残っていません（revisionHistoryLimit *）',
  'no node could hold such a pod: it asks for *, the most that a node has is *':
    'この Pod を置けるノードがありません。要求 *、ノードの最大 *',
  'needs # healthy pods and has # currently': '必要な正常 Pod 数 #、現在 #',
  'kubeconfig: *': 'kubeconfig: *',
  'no answer was read': '応答を読み取れませんでした',
  'no answer in # s': '# 秒以内に応答なし',
  'template * is revision *, not *': 'テンプレート * はリビジョン * で、* ではありません',
  'nothing serves metrics.k#s.io': 'metrics.k#s.io を提供するものがありません',
  'the metrics server does not answer (HTTP #)': 'metrics-server が応答しません（HTTP #）',
  'Kubernetes refused it (HTTP #)': 'Kubernetes に拒否されました（HTTP #）',
  'it changed nothing': '何も変更していません',
  'only people approve': '承認できるのは人だけです',
  'the worker gave no answer': 'ワーカーから応答がありません',
  'a batch was not answered in full': 'まとめて送った報告の一部に応答がありません',
  'its token is for alerts of *, and these are of *':
    'このトークンは * のアラート用です（受信したアラート: *）',
  'the token is for *, and this needs *': 'このトークンの権限は * で、この操作には * が必要です',
  'the token names *; nobody acts as somebody else':
    'トークンは * のものです。他の人として操作することはできません',
  'the request has no token': 'トークンがありません',
  'the token is unknown or has expired': 'トークンが未登録か期限切れです',
  'who acts is said by the token alone; leave it out':
    '操作する人はトークンで決まります。この項目は省いてください',
  'the API attests by itself; leave it out': '署名は API が行います。この項目は省いてください',
  'a proxy that passes on requests for "*" opens this door to whoever reaches the proxy, and no tokens are configured. Name a token file in HIKESHI_API_TOKENS':
    '「*」への要求を中継するプロキシに届く人は誰でも入れますが、トークンが設定されていません。HIKESHI_API_TOKENS にトークンファイルを指定してください',
  '"*" is open to other machines, and no tokens are configured. Name a token file in HIKESHI_API_TOKENS, or listen on *':
    '「*」は他のマシンから届きますが、トークンが設定されていません。HIKESHI_API_TOKENS にトークンファイルを指定するか、* で待ち受けてください',
  '"*" is none of this API\'s names': '「*」はこの API の名前ではありません',
  'requests from pages of other sites are refused': '他のサイトのページからの要求は受け付けません',
  'unexpected error': '予期しないエラー',
  'this address knows *': 'このアドレスで使えるのは * です',
  'request *': '要求 *',
  'Failed to connect before the deadline': '時間内に接続できませんでした',
  'nothing had happened yet; the incident begins at *': 'まだ何も起きていません。インシデントの開始は * です',
}

type Phrase = { readonly form: RegExp; readonly ja: string }

const phrasesOf = (list: Readonly<Record<string, string>>): readonly Phrase[] =>
  Object.entries(list).map(([en, ja]) => {
    const literal = en.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const form = literal.replaceAll('\\*', '(.+?)').replaceAll('#', '(\\d+(?:[.,]\\d+)*)')
    return { form: new RegExp(`^${form}$`, 's'), ja }
  })

const afterExpected = phrasesOf(expected)
const whole = phrasesOf(sentences)

function inJapanese(phrases: readonly Phrase[], en: string): string | undefined {
  for (const { form, ja } of phrases) {
    const [, ...parts] = form.exec(en) ?? []
    if (!form.test(en)) continue
    let next = 0
    return ja.replace(/[#*]/g, (place) => parts[next++] ?? place)
  }
  return undefined
}

/** A schema's sentence ("expected a name") without its first word; undefined for one that is not ours. */
export function expectedText(message: string): Text | undefined {
  if (!message.startsWith('expected ')) return undefined
  const en = message.slice('expected '.length)
  const ja = inJapanese(afterExpected, en)
  return ja === undefined ? undefined : { en, ja }
}

/** The Japanese of what a failure says as its problem or its reason; undefined where nobody has written it. */
export function problemInJapanese(en: string): string | undefined {
  const wanted = expectedText(en)
  return wanted === undefined ? inJapanese(whole, en) : `期待: ${wanted.ja}`
}
