/** The search attributes as the workflows write them: one key per entry of `searchAttributes` in messages.ts. */
import { defineSearchAttributeKey } from '@temporalio/common'

export const runbookKey = defineSearchAttributeKey('HikeshiRunbook', 'KEYWORD')
export const servicesKey = defineSearchAttributeKey('HikeshiServices', 'KEYWORD_LIST')
export const serviceKey = defineSearchAttributeKey('HikeshiService', 'KEYWORD')
export const symptomKey = defineSearchAttributeKey('HikeshiSymptom', 'KEYWORD')
export const severityKey = defineSearchAttributeKey('HikeshiSeverity', 'KEYWORD')
export const phaseKey = defineSearchAttributeKey('HikeshiPhase', 'KEYWORD')
export const numberKey = defineSearchAttributeKey('HikeshiNumber', 'INT')
