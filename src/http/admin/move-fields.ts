import { z } from 'zod'
import { gateKinds } from '../../moves/state/gate.ts'
import { moveKinds, moveStates } from '../../moves/state/move-state.ts'

/** Fields and answers of the move routes. */
export const kind = z.enum(moveKinds)
export const acceptLoss = z.coerce
  .number()
  .int()
  .min(0)
  .optional()
  .describe(
    'For a move that needs a person: records that may be lost by continuing. Without it, the move counts again.',
  )
export const region = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, 'must be a region, as in eu-west-1')
  .optional()
  .describe('Of a relocation: the region to go to, in which the tenant’s records must stay from the switch on.')
export const project = z
  .string()
  .max(40)
  .optional()
  .describe('Of a relocation: the Pinecone project to go to, by its name in the settings.')
const place = z.object({
  kind: z.enum(['pool', 'silo']),
  project: z.string(),
  index: z.string(),
  region: z.string(),
  generation: z.int(),
})
const waitsFor = z
  .object({
    kind: z.enum(gateKinds),
    record: z.string().nullable(),
    replica: z.string().nullable().describe('Host name of the replica that it waits for.'),
    index: z.string().nullable(),
    operation: z.string().nullable(),
    count: z.int().nullable().describe('Records, writes, replicas or moves, as the kind counts them.'),
    since: z.string(),
    ageS: z.int(),
    tries: z.int(),
    nextTryAt: z.string().nullable().describe('Null: it is checked continuously.'),
    until: z.string().nullable().describe('Latest time at which it ends on its own.'),
  })
  .describe('The same as fields, for a program; the kinds are rows of the runbook.')
const scores = z.object({
  model: z.string(),
  recall: z.record(z.string(), z.number()).describe('Share of the answers among the first k, by k.'),
  ndcgAt10: z.number(),
  mrr: z.number(),
})
const embedding = z
  .object({
    from: z.string(),
    to: z.string(),
    tokens: z.int().describe('Tokens that the copy had embedded.'),
    maxRecallLoss: z.number().nullable().describe('How much lower the recall may be afterwards; null: not demanded.'),
    recallAccepted: z.boolean().describe('A person accepted a recall that was lower, or unknown.'),
    evaluation: z
      .object({ at: z.string(), by: z.string(), questions: z.int(), before: scores, after: scores })
      .nullable()
      .describe('Both places, asked the same questions; null: they were not yet.'),
  })
  .nullable()
  .describe('Of a move to another embedding model; null for one that copies vectors as they are.')
export const acceptRecall = z
  .enum(['true', 'false'])
  .optional()
  .describe('For a move that demands a recall: it may switch although that is lower, or unknown.')
export const move = z
  .object({
    id: z.uuid(),
    tenantId: z.string(),
    kind,
    state: z.enum(moveStates),
    progress: z.object({
      copied: z.int(),
      verified: z.int(),
      total: z.int().nullable(),
      percent: z.int(),
      etaS: z.int().nullable(),
    }),
    source: place,
    target: place.nullable(),
    verification: z
      .object({
        verifiedAt: z.string(),
        sourceRecords: z.int(),
        readAgain: z
          .int()
          .optional()
          .describe('Records that were read from the source a second time; of the others the copy kept digests.'),
        lanes: z.int().optional().describe('Lanes in which the last pass compared the records.'),
        discarded: z
          .int()
          .optional()
          .describe('Passes in lanes whose totals the stores’ own counters contradicted; one lane compared all anew.'),
        targetRecords: z.int(),
        equal: z.int(),
        repaired: z.int(),
        digest: z
          .string()
          .describe('The sum modulo 2^256 of the SHA-256 of each record: the same in whichever order they were read.'),
        replayed: z
          .object({
            queries: z.int(),
            meanOverlapAt10: z.number(),
            leastOverlapAt10: z.number(),
            meanRankShift: z
              .number()
              .optional()
              .describe('By how many ranks the matches that both places find differ.'),
          })
          .optional()
          .describe('The tenant’s last queries, asked of both places; not there when none was known.'),
        reembedded: z
          .object({
            model: z.string(),
            records: z.int().describe('Records whose vector the model made.'),
            recordsByModel: z
              .array(z.object({ model: z.string(), records: z.int() }))
              .optional()
              .describe('Which model made the vectors of how many of the tenant’s records.'),
            supplied: z.int().describe('Records without a text, whose vector was supplied.'),
            leftBehind: z
              .int()
              .describe('Records with neither a text nor a supplied vector, which stay in the old place.'),
            sampled: z.int().describe('Records that were embedded a second time.'),
            leastCosine: z.number().nullable(),
            meanCosine: z.number().nullable(),
          })
          .optional()
          .describe('Of a move to another embedding model.'),
        unitLength: z
          .object({ from: z.string(), to: z.string(), records: z.int() })
          .optional()
          .describe('Of a move to an index of another metric: each vector was found to be of unit length.'),
      })
      .nullable(),
    embedding,
    verified: z
      .object({
        at: z.string(),
        ageS: z.int(),
        isStale: z.boolean().describe('Older than three times the interval of comparisons of a soaking move.'),
        different: z.int().describe('Records that differed, and that nobody wrote.'),
      })
      .nullable()
      .describe('The last comparison of both places of a move that has not ended.'),
    writePauseMs: z.int().nullable(),
    dirty: z
      .object({ touched: z.int(), unsynced: z.int() })
      .describe(
        'Records in the change log, and those of them that the other place still lacks; each counted up to 10,000.',
      ),
    requested: z.enum(['cancel', 'complete', 'rollback']).nullable(),
    gate: z.string().nullable().describe('The present obstacle, in words.'),
    waitsFor: waitsFor.nullable(),
    mover: z.string().nullable().describe('Host name of the replica that runs it, or ran it last.'),
    nextSteps: z
      .array(
        z.object({
          command: z.string(),
          effect: z.string(),
          decides: z
            .object({
              verb: z.enum(['resume', 'rollback', 'complete', 'cancel']),
              acceptLoss: z.int(),
              acceptRecall: z.literal(true).optional(),
            })
            .optional()
            .describe('The call behind it, of a move that needs a person; 0: it counts again.'),
        }),
      )
      .describe('Possible next steps, as commands to paste.'),
    error: z.string().nullable(),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    switchedAt: z.string().nullable(),
    retainUntil: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Move' })

export const report = z
  .object({
    moveId: z.uuid(),
    tenantId: z.string(),
    kind,
    state: move.shape.state,
    source: place,
    target: place.nullable(),
    writePauseMs: z.int().nullable(),
    verification: move.shape.verification.unwrap(),
    embedding,
    rangeSize: z.int().describe('Records a range.'),
    ranges: z.array(z.object({ firstId: z.string(), lastId: z.string(), records: z.int(), digest: z.string() })),
    history: z.array(z.object({ at: z.string(), state: z.enum(moveStates), detail: z.unknown(), hash: z.string() })),
  })
  .meta({ id: 'MoveReport' })
