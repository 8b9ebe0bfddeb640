import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { test } from 'vitest'
import type { VectorRecord } from '../../src/stores/store.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { embeddingsEndpoint } from '../support/embeddings-endpoint.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { firstSeed } from './count.ts'
import { FireWorld } from './fire-world.ts'
import { type FireCourse, fireLimitMs, moveUnderFire } from './move-under-fire.ts'
import { recordOf as plainRecord, type RecordOf } from './record.ts'

const lagMs = 500
const dimensions = { before: 64, after: 32 }

/** A record with a text of its version, and the vector that the old model makes of it. */
const recordOf: RecordOf = (id, state) => {
  const text = `version ${state.version} of record ${id}`
  return { id, values: vectorOf(text, dimensions.before), metadata: { ...plainRecord(id, state).metadata, text } }
}

/** As the store keeps it. */
function vectorOf(text: string, dimension: number): number[] {
  return bagOfWords(text, dimension).map(Math.fround)
}

const reembedding: FireCourse = {
  recordOf,
  headers: { 'x-embedding-model': 'before' },
  begin: (world, tenantId) => world.move(tenantId, { kind: 'reembed', model: 'after' }),
  seen({ id, values, metadata = {} }, place): VectorRecord {
    const { _tr_emb: _, ...own } = metadata
    const text = String(own.text)
    const isOfPlace = isDeepStrictEqual(
      values.map(Math.fround),
      vectorOf(text, dimensions[place === 'active' ? 'after' : 'before']),
    )
    return { id, values: isOfPlace ? vectorOf(text, dimensions.before) : values, metadata: own }
  },
}

test('replicas are killed and stopped while a tenant goes to another embedding model, back and there again: every record is accounted for, each with the vector of its place', {
  timeout: 3 * fireLimitMs + 240_000,
}, async () => {
  await using folder = await temporaryFolder()
  await using before = await embeddingsEndpoint({ dimension: dimensions.before })
  await using after = await embeddingsEndpoint({ dimension: dimensions.after })
  const file = join(folder.path, 'models.json')
  const entry = { name: 'after', provider: 'openai', baseUrl: after.url, dimension: dimensions.after }
  await writeFile(file, JSON.stringify([entry]))
  await using world = await FireWorld.open({
    OPENAI_BASE_URL: before.url,
    EMBEDDING_MODEL: 'before',
    EMBEDDING_DIMENSION: String(dimensions.before),
    EMBEDDING_MODELS: file,
  })
  await world.openShard('after')
  await moveUnderFire(world, reembedding, { tenantId: 'fire', lagMs, seed: firstSeed })
})
