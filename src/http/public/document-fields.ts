import { z } from 'zod'
import { documentIdRule } from '../../placement/document-id.ts'
import { chunkStrategies } from '../../rag/chunks/chunk-rule.ts'
import { metadata } from './fields.ts'

/** Fields and answers of the document routes. */

/** Covers a PDF of the page limit, or a text of some million words. */
export const documentLimitBytes = 32 * 1024 * 1024

export const documentId = z.string().describe(`${documentIdRule}. One id is one document, in this tenant only.`)
export const documentParams = z.object({ documentId })

export const source = z.string().max(2_048).describe('Where it comes from; given back with each match.')

export const documentMetadata = metadata.describe(
  'For filters; at most 24 KB. `visibility`, a list of groups, limits who in the tenant finds it. The names of the chunks’ own fields (`text`, `documentId`, `source`, `chunk` and further ones) and those beginning with `_tr` are taken.',
)

export const chunking = z
  .object({
    strategy: z
      .enum(chunkStrategies)
      .optional()
      .describe(
        '`markdown`: at headings, with their path kept; `sentences`: whole sentences; `tokens`: so many tokens.',
      ),
    tokens: z.int().min(1).optional().describe('Of a chunk at most; the embedding model bounds it.'),
    overlap: z
      .int()
      .min(0)
      .optional()
      .describe('Tokens that a chunk repeats of the one before, up to half of `tokens`.'),
  })
  .describe('How to cut it; what is left out is the tenant’s or our default.')
  .meta({ id: 'Chunking' })

export const documentSchema = z
  .object({
    documentId: z.string(),
    source: z.string().nullable(),
    metadata,
    chunks: z.int().describe('Of what is stored: 0 while nothing is.'),
    status: z
      .enum([
        'queued',
        'parsing',
        'embedding',
        'storing',
        'failed',
        'ready',
        'lost',
        'app',
        'changed',
        'writing',
        'deleting',
      ])
      .describe(
        '`queued`, `parsing`, `embedding`, `storing`: an upload on its way; `failed`: it came to nothing, see `reason`, and can be tried again. `ready`: stored. `lost`: stored once, and the vector store was found to lack chunks of it; the same `PUT` or upload again writes them anew. `app`: made by an adopted tenant’s app, as the inventory saw it; a `PUT` takes it over. `changed`: likewise, and the app wrote to it since. `writing` and `deleting`: a direct write is under way, or broke off and is repaired by the same request again.',
      ),
    attempts: z.int().optional().describe('Of an upload that is not done.'),
    reason: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .describe('Why the last attempt of an upload came to nothing: code and detail of a problem.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Document' })
