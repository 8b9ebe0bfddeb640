import { type ZodType, z } from 'zod'

export type Json = Record<string, unknown>
/** Named parts of schemas, collected while a document is built. */
export type Components = Map<string, unknown>

/** A zod schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1; named parts (`.meta({id})`) become components. */
export function jsonSchema(schema: ZodType, io: 'input' | 'output', components: Components): Json {
  const {
    $schema: _,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: dropInternals }) as Json
  const rename = (text: string) => JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
  for (const [name, part] of Object.entries(($defs as Json | undefined) ?? {})) {
    components.set(name, rename(JSON.stringify(part)))
  }
  return rename(JSON.stringify(own))
}

function dropInternals({ jsonSchema: json }: { jsonSchema: Json }): void {
  delete json['~standard']
}
