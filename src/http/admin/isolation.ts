import { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import { listIsolationRuns, showRun } from '../../isolation/run-view.ts'
import { startRun } from '../../isolation/start-run.ts'
import { thawMoves } from '../../isolation/thaw-moves.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'

const tag = 'isolation'
const platform = { kind: 'staff', roles: ['platform'] } as const
const reading = { kind: 'staff', roles: ['platform', 'auditor'] } as const
const ofRun = z.object({ id: z.uuid() })

const options = z.object({
  move: z
    .boolean()
    .default(false)
    .describe('Promote a canary and roll it back, and ask before, in between and after. This makes an index.'),
  silos: z.int().min(0).max(100).default(3).describe('Customers with an index of their own that canaries name.'),
})

const fields = {
  id: z.uuid(),
  state: z.enum(['queued', 'running', 'passed', 'failed', 'inconclusive', 'broken']),
  step: z.string().describe('What it does now, in words.'),
  options,
  createdBy: z.string(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  isFreezing: z.boolean().describe('Its findings freeze all moves until it is thawed.'),
  thawedAt: z.string().nullable(),
  thawedBy: z.string().nullable(),
  fault: z.string().nullable().describe('Why it broke, and so proves nothing.'),
  exceptions: z.int().nullable(),
}
const run = z.object(fields).meta({ id: 'IsolationRun' })
const shown = z
  .object({
    ...fields,
    signed: z
      .object({
        report: z.looseObject({}).describe('Window, population, sample, method, exceptions, what is not covered.'),
        hash: z.string(),
        keyId: z.string().nullable(),
        signature: z.string().nullable(),
      })
      .nullable()
      .describe('The report, which `tenant-router prove-isolation verify` checks with the public key alone.'),
  })
  .meta({ id: 'IsolationRunWithReport' })

/** Routes for proofs that no tenant sees or changes another. */
export function isolationRoutes(deps: { readonly db: Db }): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/isolation/runs',
      access: platform,
      tag,
      summary: 'Prove that no tenant sees or changes another',
      description:
        'Any replica carries it out, with canaries that are tenants of the service’s own. 409 `conflict` while another run is under way.',
      body: options,
      replies: { 202: { description: 'It is queued.', schema: run } },
      async handle({ principal, body }) {
        const json = await startRun(deps, principal, body)
        return { status: 202, json, headers: { Location: `/isolation/runs/${json.id}` } }
      },
    }),
    route({
      method: 'get',
      path: '/isolation/runs',
      access: reading,
      tag,
      summary: 'List runs',
      description: 'The newest first.',
      query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
      replies: {
        200: {
          description: 'Up to `limit` of them.',
          schema: z.object({ items: z.array(run), nextCursor: z.null() }).meta({ id: 'IsolationRunList' }),
        },
      },
      handle: async ({ query }) => ({
        status: 200,
        json: { items: await listIsolationRuns(deps, query.limit), nextCursor: null },
      }),
    }),
    route({
      method: 'get',
      path: '/isolation/runs/{id}',
      access: reading,
      tag,
      summary: 'Show a run with its signed report',
      params: ofRun,
      replies: { 200: { description: 'The run.', schema: shown } },
      handle: async ({ params }) => ({ status: 200, json: await showRun(deps, params.id) }),
    }),
    route({
      method: 'post',
      path: '/isolation/runs/{id}/thaw',
      access: platform,
      tag,
      summary: 'End the freeze of moves that a run’s findings brought about',
      description: 'Once the cause is mended. `X-Change-Note` says how, for the audit.',
      params: ofRun,
      replies: { 200: { description: 'The run as it is now.', schema: run } },
      handle: async ({ principal, params }) => ({ status: 200, json: await thawMoves(deps, principal, params.id) }),
    }),
  ]
}
