/** The runbook's JSON Schema, for editors: the zod schema plus, per step kind, the parameters of the catalogue. */
import { z } from 'zod'
import { quickStep, runbookSchema, runbookStep } from '../../domain/runbook/runbook.ts'
import { catalogue, type KindName } from '../../domain/steps/catalogue.ts'
import { findingCodes } from '../../domain/steps/finding-codes.ts'

type Schema = { readonly [key: string]: unknown }

/** What `hikeshi runbook schema` prints and `runbooks/schema.json` holds. */
export function runbookJsonSchema(): Schema {
  const book = z.toJSONSchema(runbookSchema, { io: 'input', override: referToStep })
  const { $schema, ...rest } = book
  return {
    $schema,
    title: 'hikeshi runbook',
    ...(withPlaceholders(rest) as Schema),
    $defs: Object.fromEntries(
      Object.entries(steps).map(([name, schema]) => [name, withPlaceholders(stepSchema(schema))]),
    ),
  }
}

/** One schema instead of a copy per place; `override` puts a reference where the zod schema holds a step. */
const steps = { step: runbookStep, quickStep } as const

function stepSchema(schema: z.ZodType): Schema {
  const step = z.toJSONSchema(schema, { io: 'input' }) as { properties: Schema; required: unknown }
  const kinds = Object.keys(catalogue) as readonly KindName[]
  return {
    type: 'object',
    properties: {
      ...step.properties,
      kind: {
        oneOf: kinds.map((kind) => ({
          const: kind,
          title: catalogue[kind].title.en,
          description: `${catalogue[kind].title.ja} (${catalogue[kind].risk ?? 'people do it'})`,
        })),
      },
      when: { type: 'array', items: { enum: findingCodes } },
    },
    required: step.required,
    additionalProperties: false,
    allOf: kinds.map((kind) => ({
      if: { properties: { kind: { const: kind } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
      then: { properties: { with: paramsSchema(kind) } },
    })),
  }
}

function paramsSchema(kind: KindName): Schema {
  const { $schema: _, ...params } = z.toJSONSchema(catalogue[kind].params, { io: 'input' })
  return params
}

/** In a file a text may hold placeholders that are filled before the real check. */
const placeholder = { type: 'string', pattern: '\\$\\{[A-Za-z_]\\w*(:-[^}]*)?\\}|\\$service\\.[a-z]+' }

/** Lets every text with a form also be a placeholder; keys are never filled. */
function withPlaceholders(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withPlaceholders)
  if (schema === null || typeof schema !== 'object') return schema
  const { type, pattern, format } = schema as Schema
  if (type === 'string' && (pattern !== undefined || format !== undefined)) {
    return { anyOf: [schema, placeholder] }
  }
  return Object.fromEntries(
    Object.entries(schema).map(([key, member]) => [
      key,
      key === 'propertyNames' ? member : withPlaceholders(member),
    ]),
  )
}

function referToStep({
  zodSchema,
  jsonSchema,
}: {
  readonly zodSchema: unknown
  readonly jsonSchema: { [key: string]: unknown }
}): void {
  const name = Object.entries(steps).find(([, schema]) => schema === zodSchema)?.[0]
  if (name === undefined) return
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
  jsonSchema.$ref = `#/$defs/${name}`
}
