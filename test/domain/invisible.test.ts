import assert from 'node:assert/strict'
import { clean, cleanJson } from '../../client/doors/cli/terminal.ts'
import {
  characterName,
  escaped,
  escapeOddBlanks,
  hasInvisible,
  indexOfUnseen,
  replaceInvisible,
} from '../../domain/invisible.ts'
import { checkRunbook } from '../../domain/runbook/check.ts'
import { quote } from '../../domain/runbook/problem.ts'
import { hasControlCharacters } from '../../domain/words.ts'
import { plainText } from '../../edge/plain-text.ts'

/** What Unicode itself calls so, by this Node. */
const unseen = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u

describe('characters that cannot be seen', () => {
  it('are those that Unicode names, but tab and line feed', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code)
      const wanted = unseen.test(character) && character !== '\t' && character !== '\n'
      assert.equal(hasInvisible(character), wanted, characterName(character))
    }
  })

  it('are the same everywhere: commands, runbooks, problems, terminals, JSON, texts from outside', () => {
    for (const character of [
      '\u200b',
      '\u061c',
      '\u200f',
      '\u2028',
      '\ufeff',
      '\u00ad',
      '\u3164',
      '\u{e0041}',
      '\u2064',
    ]) {
      const text = `a${character}b`
      assert.ok(hasControlCharacters(text))
      assert.equal(plainText(text), 'ab')
      for (const shown of [clean(text), cleanJson(JSON.stringify(text)), quote(text)])
        assert.ok(!hasInvisible(shown), shown)
      assert.equal(JSON.parse(cleanJson(JSON.stringify(text))), text)
      assert.match(JSON.stringify(checkRunbook({ runbook: text })), /without invisible characters/)
    }
  })

  it('belong to emoji and to the ideographs of names where they stand behind one, and nowhere else', () => {
    for (const good of ['⚠️', '❤️‍🔥', '👨‍👩‍👧', '👩🏽‍💻', '1️⃣', '辻\u{e0100}さん', '葛\ufe00']) {
      assert.equal(hasInvisible(good), false, good)
      assert.equal(clean(good), good)
    }
    for (const bad of ['rm\ufe0f', 'a\u200db', '\u200d', '\u{e0100}', 'か\ufe0f', '👨\u200d'])
      assert.ok(hasInvisible(bad), bad)
  })

  it('have a name, as have blanks that are none', () => {
    assert.equal(indexOfUnseen('title:\u00a0x'), 6)
    assert.equal(indexOfUnseen('日本語 x\ty'), -1)
    assert.equal(indexOfUnseen('\u00a0x'), 0)
    assert.equal(indexOfUnseen('a\u200bb\u3000'), 1)
    assert.equal(indexOfUnseen('a\u3000b\u200b'), 1)
    assert.equal(characterName('\u0007'), 'U+0007')
    assert.equal(characterName(''), 'U+0000')
    assert.equal(escaped('\u{e0041}'), '\\udb40\\udc41')
    assert.equal(escapeOddBlanks('a\u00a0b\u3000 c'), 'a\\u00a0b\\u3000 c')
    assert.equal(characterName('\u3000'), 'U+3000 (IDEOGRAPHIC SPACE)')
    assert.equal(characterName('\u{e0041}'), 'U+E0041')
    assert.equal(quote('title\u00a0x'), '"title\\u00a0x"')
    assert.equal(replaceInvisible('a\u200bb', characterName), 'aU+200B (ZERO WIDTH SPACE)b')
  })
})
