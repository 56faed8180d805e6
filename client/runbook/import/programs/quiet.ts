/** Commands that leave nothing to be done: they print, wait, or clear the screen. */
import { link } from '../../../../domain/address.ts'
import { type Program, type Reading, unsureReading } from './reading.ts'

const leftOut: Reading = { nothing: { en: 'it prints or waits only', ja: '表示または待機のみ' } }

export const quiet: Program = (all) => {
  const found = all.find(({ unsure }) => unsure?.kind === 'substitution')
  return found === undefined ? leftOut : (unsureReading(found) ?? leftOut)
}

/** `open https://…`: a page for people. */
export const open: Program = (all) => {
  const [address, ...more] = all
  const isAddress = address !== undefined && more.length === 0 && link.safeParse(address.text).success
  return isAddress && address.unsure === undefined
    ? { nothing: { en: 'a page to look at', ja: '確認するページ' }, link: address.text }
    : { manual: { en: 'it opens something on your machine', ja: '手元のマシンで何かを開きます' } }
}
