/** What is told of earlier incidents that are like one. */
import { roughly } from '../../domain/duration.ts'
import type { Similar } from '../../domain/figures/similar.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { localDate } from '../../edge/local-time.ts'
import type { Section } from './fact.ts'
import { whereOf } from './incident.ts'

export function similarSection(similar: readonly Similar[]): Section {
  return {
    title: { en: 'Similar earlier incidents', ja: '過去の類似インシデント' },
    facts: similar.map((one) => ({ label: verbatim(one.incident), value: similarSays(one) })),
  }
}

/** Its day on its team's clock, where it was, what healed it and how long that took. */
function similarSays(one: Similar): Text {
  const { declaredAt, timezone, healedBy, tookMs, yearsAgo } = one
  const day = localDate(Date.parse(declaredAt), timezone)
  const where = whereOf(one)
  const took = roughly(tookMs)
  const season = yearsAgo === undefined ? { en: '', ja: '' } : seasonSays(yearsAgo)
  const how: Text =
    healedBy === undefined
      ? { en: `resolved after ${took} without a step`, ja: `手順なしで ${took} 後に復旧` }
      : {
          en: `${healedBy.step} (${healedBy.title.en}) healed it, resolved after ${took}`,
          ja: `${healedBy.step}（${healedBy.title.ja}）で回復、${took} 後に復旧`,
        }
  return { en: `${day}${season.en}, ${where}: ${how.en}`, ja: `${day}${season.ja}、${where}: ${how.ja}` }
}

function seasonSays(years: number): Text {
  if (years === 1) return { en: ' (also around this day, last year)', ja: '（去年の同じ頃）' }
  return { en: ` (also around this day, ${years} years ago)`, ja: `（${years} 年前の同じ頃）` }
}
