import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Json } from '../src/http/openapi/json-schema.ts'
import { openApiDocument } from '../src/http/openapi/openapi.ts'
import { type PublicRouteDeps, publicRoutes } from '../src/http/public/public-routes.ts'

/**
 * Fetched by npm when types are generated, and not a dependency: it needs TypeScript 5 as a library, which would stand
 * beside this project's compiler and take its `tsc`.
 */
const generator = ['openapi-typescript@7.13.0', 'typescript@5.9.3']
const file = fileURLToPath(new URL('../clients/typescript/api.ts', import.meta.url))
const remedy = 'run `npm run client:generate`.'

/**
 * The public listener's OpenAPI document in our own dialect, reduced to its types: the vendor's has clients of its own.
 * Making routes calls none of their parts.
 */
export function publicDocument(): Json {
  const routes = publicRoutes({} as PublicRouteDeps)
  const about = { title: 'tenant-router', version: '', description: '', token: 'A tenant token.' }
  return openApiDocument(routes, about)
}

/**
 * Whether the client's types match the present routes, by the digests in the file: no generator runs. Descriptions and
 * examples become comments there; new ones do not make the types stale.
 */
export async function checkClientTypes(): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const [, document, digest, types = ''] = form.exec(text) ?? []
  if (document === undefined) return [`clients/typescript/api.ts is missing or was not generated: ${remedy}`]
  if (digest !== sha256(types)) return [`clients/typescript/api.ts was changed by hand: ${remedy}`]
  if (document === digestOf(publicDocument())) return []
  return [`clients/typescript/api.ts is older than the routes of the public listener: ${remedy}`]
}

const form = /^\/\/ [^\n]*\n\/\/ document ([0-9a-f]{64})\n\/\/ types ([0-9a-f]{64})\n([\s\S]*)$/

function generated(document: Json, types: string): string {
  const about = '// The public OpenAPI document as types, made by `npm run client:generate`. Not to be changed by hand.'
  return `${about}\n// document ${digestOf(document)}\n// types ${sha256(types)}\n${types}`
}

function digestOf(document: Json): string {
  return sha256(JSON.stringify(shapeOf(document)))
}

const words = new Set(['description', 'summary', 'example', 'examples'])

/**
 * A shape without descriptions and examples. @param named the keys are field names, of which one may be `description`.
 */
function shapeOf(value: unknown, named = false): unknown {
  if (Array.isArray(value)) return value.map((one) => shapeOf(one))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => named || !words.has(key))
  return Object.fromEntries(kept.map(([key, one]) => [key, shapeOf(one, key === 'properties' && !named)]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function generate(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-client-'))
  try {
    const [input, output] = [join(folder, 'openapi.json'), join(folder, 'api.ts')]
    const document = publicDocument()
    await writeFile(input, JSON.stringify(document))
    const packages = generator.map((name) => `--package=${name}`)
    // A field with a default may be left out of a request.
    const command = ['openapi-typescript', input, '-o', output, '--default-non-nullable=false']
    await promisify(execFile)('npm', ['exec', '--yes', ...packages, '--', ...command])
    await writeFile(file, generated(document, await readFile(output, 'utf8')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  await generate()
  console.log(`${file} is made.`)
}
