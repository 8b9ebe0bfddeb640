import { z } from 'zod'
import { errorCodes } from '../../errors.ts'
import { stageLimitNames } from '../../moves/plan/stage-limits.ts'
import { constraints } from '../../moves/target/relocation.ts'
import { kind, move } from './move-fields.ts'

const place = z.object({
  kind: z.enum(['pool', 'silo']),
  project: z.string(),
  index: z.string().nullable().describe('Null: it is still to be made.'),
  region: z.string(),
})
const calls = z.object({ list: z.int(), fetch: z.int(), upsert: z.int(), other: z.int() })

const limit = z.enum(stageLimitNames)
const basis = z.enum(['measured', 'assumed'])

const month = z
  .object({ reads: z.number(), writes: z.number(), storage: z.number(), total: z.number() })
  .nullable()
  .describe('Null: nothing was counted yet, or the list has no price for the region.')

export const plan = z
  .object({
    tenantId: z.string(),
    kind,
    refusals: z
      .array(
        z.object({
          code: z.enum(errorCodes),
          message: z.string(),
          faults: z
            .array(z.object({ path: z.string(), message: z.string() }))
            .describe('Fields of the request by which it would not be refused so.'),
        }),
      )
      .describe('Why the move would be refused; empty: it would be queued.'),
    source: place,
    target: place.nullable().describe('The present choice; null when there is none.'),
    records: z.int(),
    bytes: z.int(),
    sampledRecords: z.int().describe('Records that the size was estimated from.'),
    units: z.object({ read: z.int(), write: z.int() }),
    price: z
      .object({
        currency: z.literal('USD'),
        readUnits: z.number(),
        writeUnits: z.number(),
        storage: z.number().describe('Of the second place, while the old one is kept.'),
        total: z.number(),
        plan: z.string(),
        asOf: z.string(),
        source: z.string(),
      })
      .nullable()
      .describe('Null: the list has no price for the region.'),
    priceNote: z.string().describe('Words on the price, and on what the move changes of it.'),
    monthly: z
      .object({
        currency: z.literal('USD'),
        days: z.int().describe('Days that the use was counted over.'),
        before: month,
        after: month,
        basis: z.string(),
      })
      .describe('The tenant’s cost in a month where it is, and where it would be.'),
    egress: z
      .object({
        fromSource: z.int().describe('Bytes of records out of the old place, to copy and to compare.'),
        fromTarget: z.int().describe('Out of the new one, to compare.'),
        toTarget: z.int().describe('Into the new one.'),
        perGigabyte: z.object({ source: z.number().nullable(), target: z.number().nullable() }),
        price: z.number().nullable().describe('In US dollars, for what leaves; null: the list has no price of it.'),
        note: z.string().describe('Words on the price.'),
      })
      .describe('Bytes as the vendor stores them; as JSON on the way they are more.'),
    durationS: z.number().describe('Until the switch: the sum of the steps.'),
    binds: z
      .object({ step: z.string(), limit, seconds: z.number(), words: z.string() })
      .describe('The longest step before the switch, and the limit that makes it so.'),
    speeds: z
      .object({
        listMs: z.number(),
        fetchMs: z.number(),
        upsertMs: z.number(),
        processorS: z.number().describe('Of a processor, for a million such records.'),
        fetchesPerPage: z.int().describe('More than one where ids are long.'),
        basis: z.object({ answers: basis, puts: basis, processor: basis, words: z.string() }),
      })
      .describe('What the times rest on.'),
    writePause: z.object({ expectedMs: z.int(), atMostMs: z.int(), basedOnMoves: z.int() }),
    rates: z
      .array(
        z.object({
          index: z.string(),
          call: z.enum(['fetch', 'list']),
          perSecond: z.number(),
          limitPerSecond: z.number(),
          share: z.number(),
        }),
      )
      .describe('The share of an index’s rates that the move uses; neighbours share them.'),
    quota: z.array(
      z.object({
        name: z.enum(['indexes_in_project', 'namespaces_in_index']),
        used: z.int(),
        afterwards: z.int(),
        limit: z.int(),
      }),
    ),
    parity: z.array(
      z.object({
        of: z.enum(['model', 'dimension', 'metric', 'region']),
        source: z.string(),
        target: z.string(),
        equal: z.boolean(),
      }),
    ),
    embedding: z
      .object({
        model: z.string(),
        withoutText: z.int().describe('Records without a text: they would stay behind.'),
        missing: z
          .object({ count: z.int(), ids: z.array(z.string()) })
          .nullable()
          .describe('Those of them that no supplied vector fits, with the first ids; null: no vectors were supplied.'),
        unnamedVectors: z.int().describe('Requests of the last seven days with vectors that name no model.'),
        tokens: z.int().describe('Estimated from the sample.'),
        price: z.number().nullable().describe('In US dollars; null: the settings name no price of the model.'),
        seconds: z.number().describe('At the budget of tokens a minute; 0 without one.'),
        tokensPerMinute: z.int(),
        maxRecallLoss: z.number().nullable().describe('Demanded; null: the move does not wait for its recall.'),
      })
      .nullable()
      .describe('Of a move to another embedding model.'),
    relocation: z
      .object({
        region: z.string(),
        project: z.string().nullable().describe('Null: any that serves the region.'),
        egress: z.object({
          bytes: z.int().describe('Read of the old place to copy and to compare, and of the new one to compare.'),
          price: z
            .number()
            .nullable()
            .describe('In US dollars, beyond what the vendor’s plan includes; null: the list has no price of it.'),
        }),
        binds: z
          .object({ constraint: z.enum(constraints), words: z.string() })
          .describe('The constraint that is not met or, when all are, the one that leaves least.'),
      })
      .nullable()
      .describe('Of a move to another region or project.'),
    steps: z.array(
      z.object({
        step: z.string(),
        does: z.string(),
        source: calls,
        target: calls,
        readUnits: z.int(),
        writeUnits: z.int(),
        bytes: z.object({ fromSource: z.int(), fromTarget: z.int(), toTarget: z.int() }),
        seconds: z.number(),
        lanes: z.int().describe('Listings at once.'),
        limits: z
          .array(z.object({ limit, seconds: z.number() }))
          .describe('The time that the step takes by each limit alone; the largest decides.'),
        binds: limit.nullable().describe('The limit that decides; null: the step takes no time.'),
      }),
    ),
  })
  .meta({ id: 'MovePlan' })

export const drain = z
  .object({
    index: z.string(),
    moves: z.array(move).describe('In their order of execution.'),
    skipped: z.array(z.object({ tenantId: z.string(), reason: z.string() })),
    left: z.int().describe('Tenants that another call would queue.'),
  })
  .meta({ id: 'Drain' })

export const stoppedDrain = z
  .object({ index: z.string(), cancelled: z.array(z.uuid()).describe('Moves that had not begun.') })
  .meta({ id: 'StoppedDrain' })
