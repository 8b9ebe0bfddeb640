import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { type AcceptUploadsDeps, acceptUploads } from '../../ingest/accept-uploads.ts'
import type { UploadInput } from '../../ingest/check-upload.ts'
import { type RetryUploadDeps, retryUpload } from '../../ingest/retry-upload.ts'
import { problemOf } from '../pipeline/problem.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import {
  chunking,
  documentId,
  documentLimitBytes,
  documentMetadata,
  documentParams,
  documentSchema,
  source,
} from './document-fields.ts'
import { writeScope } from './fields.ts'
import { formFields, uploadsOf } from './upload-form.ts'

export type UploadRouteDeps = AcceptUploadsDeps & RetryUploadDeps

const tag = 'documents'
const batchMax = 100

const named = 'Without one the document is named by all that is sent, so the same upload again is the same document.'

const upload = z
  .object({
    documentId: documentId.optional().describe(named),
    text: z.string().optional().describe('Plain text or Markdown. Either this or `contentBase64`.'),
    contentBase64: z.string().optional().describe('A file: PDF, DOCX, HTML, Markdown or text, by its content.'),
    name: z.string().optional().describe('The file’s name: the source where none is given.'),
    contentType: z.string().optional(),
    source: source.optional(),
    metadata: documentMetadata.optional(),
    chunking: chunking.optional(),
  })
  .meta({
    id: 'Upload',
    example: { text: '# Returns\n\nA bike can be returned within 30 days.', source: 'help/returns.md' },
  })

const batch = z
  .object({ documents: z.array(upload).min(1).max(batchMax) })
  .meta({ id: 'UploadBatch', example: { documents: [{ documentId: 'returns', text: 'Within 30 days.' }] } })

const batchAnswer = z
  .object({
    items: z
      .array(
        z.object({
          status: z.int().describe('202, or that of the problem.'),
          location: z.string().optional(),
          document: documentSchema.optional(),
          problem: z
            .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string() })
            .loose()
            .optional(),
        }),
      )
      .describe('One a document, in the order they were sent.'),
    accepted: z.int(),
    refused: z.int(),
  })
  .meta({ id: 'UploadBatchAnswer' })

const words = [
  'Takes the file and answers at once; it is read, cut, embedded and stored in the background. `GET` of the `Location` tells how far it is.',
  'From the answer on it survives a crash of the service. What it is, is told by its content: PDF, DOCX, HTML, Markdown or plain text.',
].join(' ')

export function uploadRoutes(deps: UploadRouteDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/documents',
      access: writeScope,
      tag,
      summary: 'Upload a document',
      description: `${words} The same upload again changes nothing while it is on its way, and tries it again when it failed. 429 \`quota_exceeded\` when as much waits as may.`,
      body: upload.optional(),
      form: {
        filesMax: 1,
        manyFiles: 'send several to /documents/batch',
        description: 'A form with one `file`, or JSON.',
        fields: { documentId: named, ...formFields },
      },
      bodyLimitBytes: documentLimitBytes,
      replies: { 202: { description: 'It is on its way, at `Location`.', schema: documentSchema } },
      async handle({ principal, body, form }) {
        const inputs = form ? uploadsOf(form, ['documentId', ...Object.keys(formFields)]) : [inputOf(body ?? {})]
        const [accepted] = await acceptUploads(deps, principal, inputs)
        if (accepted === undefined) throw invalid('file', 'is missing')
        if (accepted.kind === 'refused') throw accepted.error
        const { document } = accepted
        return { status: 202, json: document, headers: { location: locationOf(document.documentId) } }
      },
    }),
    route({
      method: 'post',
      path: '/documents/batch',
      access: writeScope,
      tag,
      summary: 'Upload several documents',
      description: `${words} Each is accepted or refused by itself; up to ${batchMax}.`,
      body: batch.optional(),
      form: {
        filesMax: batchMax,
        manyFiles: 'send the others in a further request',
        description: 'A form with several `file`s, which its other fields are said of alike, or JSON.',
        fields: formFields,
      },
      bodyLimitBytes: documentLimitBytes,
      replies: { 202: { description: 'What became of each.', schema: batchAnswer } },
      async handle({ principal, body, form, requestId }) {
        const inputs = form
          ? uploadsOf(form, Object.keys(formFields))
          : (body?.documents ?? []).map((one) => tryInputOf(one))
        const good = inputs.filter((one): one is UploadInput => !(one instanceof AppError))
        const results = (await acceptUploads(deps, principal, good)).values()
        const items = inputs.map((input) => {
          const result = input instanceof AppError ? undefined : results.next().value
          if (result?.kind === 'accepted') {
            const { document } = result
            return { status: 202, location: locationOf(document.documentId), document }
          }
          const error = input instanceof AppError ? input : result?.error
          const problem = problemOf(error ?? new AppError('internal', 'unexpected'), requestId)
          return { status: problem.status, problem }
        })
        const accepted = items.filter(({ status }) => status === 202).length
        const refused = items.length - accepted
        return { status: 202, json: { items, accepted, refused }, isPartial: refused > 0 }
      },
    }),
    route({
      method: 'post',
      path: '/documents/{documentId}/retry',
      access: writeScope,
      tag,
      summary: 'Try a failed upload again',
      description:
        'With all its attempts; one that waits for its next attempt is tried at once. 409 `conflict` when there is nothing to try again, or the file, which is kept for a day, has to be sent again.',
      params: documentParams,
      replies: { 202: { description: 'It is on its way again.', schema: documentSchema } },
      async handle({ principal, params: { documentId: id } }) {
        const json = await retryUpload(deps, principal, { documentId: id })
        return { status: 202, json, headers: { location: locationOf(id) } }
      },
    }),
  ]
}

function inputOf({ text, contentBase64, ...rest }: z.infer<typeof upload>): UploadInput {
  if ((text === undefined) === (contentBase64 === undefined)) throw invalid('text', 'give either text or contentBase64')
  if (contentBase64 === undefined) return { ...rest, content: text ?? '' }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(contentBase64)) throw invalid('contentBase64', 'is not base64')
  return { ...rest, content: new Uint8Array(Buffer.from(contentBase64, 'base64')) }
}

function tryInputOf(one: z.infer<typeof upload>): UploadInput | AppError {
  try {
    return inputOf(one)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** Ids contain only characters that need no escaping in a path. */
function locationOf(id: string): string {
  return `/documents/${id}`
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}`, { faults: [{ path, message }] })
}
