/** Our search attributes of Temporal: one list of names and types, for who writes, who reads and who has them made. */
import { defineSearchAttributeKey } from '@temporalio/common'

export const attributeKeys = {
  HikeshiRunbook: defineSearchAttributeKey('HikeshiRunbook', 'KEYWORD'),
  HikeshiServices: defineSearchAttributeKey('HikeshiServices', 'KEYWORD_LIST'),
  HikeshiService: defineSearchAttributeKey('HikeshiService', 'KEYWORD'),
  HikeshiSymptom: defineSearchAttributeKey('HikeshiSymptom', 'KEYWORD'),
  HikeshiSeverity: defineSearchAttributeKey('HikeshiSeverity', 'KEYWORD'),
  HikeshiPhase: defineSearchAttributeKey('HikeshiPhase', 'KEYWORD'),
  HikeshiNumber: defineSearchAttributeKey('HikeshiNumber', 'INT'),
} as const

export type AttributeName = keyof typeof attributeKeys

type ValueOf = { readonly KEYWORD: string; readonly KEYWORD_LIST: readonly string[]; readonly INT: number }
export type AttributeValue<Name extends AttributeName> = ValueOf[(typeof attributeKeys)[Name]['type']]
