import assert from 'node:assert/strict'
import { filesIn } from '../../../activities/ai-server/listing.ts'

describe('the lines of ls -la', () => {
  it('are read from GNU and busybox alike, with dates of every shape', () => {
    const listing = [
      'total 12',
      'drwxr-xr-x 2 root root   4096 Nov 24 12:00 .',
      'drwxr-xr-x 1 root root   4096 Nov 24 12:00 ..',
      '-rw-r--r-- 1 root root 524288 Nov 24 12:00 gyosho-2.safetensors',
      '-rw-r--r--    1 1000     1000             0 Nov  4  2025 kaisho 7.safetensors',
      '-rw-r--r--. 1 root root 17 2026-11-24 12:00 labels.json',
      '-rw-r--r-- 1 root root 18 2026-11-24 12:00:01.000000000 +0900 full.json',
      '-rw-r--r-- 1 root root 19 11月 24 12:00 wareki.json',
      'lrwxrwxrwx 1 root root 13 Nov 24 12:00 current -> ..data/current',
      'drwxr-xr-x 3 root root 60 Nov 24 12:00 llama',
      'crw-rw-rw- 1 root root 1, 3 Nov 24 12:00 null',
      'ls: cannot open something',
    ].join('\n')
    assert.deepEqual(
      filesIn(listing).map(({ name, kind, bytes }) => [name, kind, bytes]),
      [
        ['gyosho-2.safetensors', 'file', 524_288],
        ['kaisho 7.safetensors', 'file', 0],
        ['labels.json', 'file', 17],
        ['full.json', 'file', 18],
        ['wareki.json', 'file', 19],
        ['current', 'link', 13],
        ['llama', 'folder', 60],
        ['null', 'other', null],
      ],
    )
    assert.equal(filesIn(listing)[1]?.changed, 'Nov 4 2025')
    const { to, ...link } = filesIn(listing)[5] ?? {}
    assert.equal(to, '..data/current')
    assert.deepEqual(link, {
      name: 'current',
      kind: 'link',
      mode: 'lrwxrwxrwx',
      links: 1,
      owner: 'root',
      group: 'root',
      bytes: 13,
      changed: 'Nov 24 12:00',
    })
  })
})
