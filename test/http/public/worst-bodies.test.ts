import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { AnyRoute } from '../../../src/http/pipeline/route.ts'
import { countWork } from '../../support/count-work.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

/**
 * Bodies as large as they may be and wrong in a million places: what is done for one, counted in blocks of code that
 * run, stays within a few for each of its bytes. So no body holds up the loop for longer than reading it takes.
 */
const bytesMax = 4 * 1024 * 1024 - 200
const blocksOfByte = 8

let world: ServiceWorld
let replica: ServiceReplica
let tenant: string
let platform: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  platform = await world.issuer.staff('platform')
  tenant = await world.onboard(replica, 'acme')
})
afterAll(() => world[Symbol.asyncDispose]())

function filled(open: string, close: string, item: (at: number) => string): string {
  const parts: string[] = []
  for (let at = 0, size = 0; size < bytesMax; at += 1) {
    const part = item(at)
    size += part.length + 1
    if (size < bytesMax) parts.push(part)
  }
  return `${open}${parts.join(',')}${close}`
}

const hostile = {
  'an object of names with $': filled('{', '}', (at) => `"$${at}":[]`),
  'a list of empty texts': filled('[', ']', () => '""'),
  'a list of lists': filled('[', ']', () => '[]'),
}

/** Paths to places where a schema takes a list, an object or anything, as text around the hostile value. */
function holes(schema: z.ZodType, name = ''): { readonly name: string; readonly around: (value: string) => string }[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return holes(schema.unwrap() as z.ZodType, name)
  }
  if (schema instanceof z.ZodArray) {
    const inner = holes(schema.element as z.ZodType, `${name}[]`)
    return [
      { name, around: (value) => value },
      ...inner.map((hole) => ({ name: hole.name, around: (value: string) => `[${hole.around(value)}]` })),
    ]
  }
  if (schema instanceof z.ZodObject) {
    const inner = Object.entries(schema.shape).flatMap(([field, part]) =>
      holes(part as z.ZodType, `${name}.${field}`).map((hole) => ({
        name: hole.name,
        around: (value: string) => `{${JSON.stringify(field)}:${hole.around(value)}}`,
      })),
    )
    return [{ name: `${name}{}`, around: (value) => value }, ...inner]
  }
  if (schema instanceof z.ZodRecord) {
    return [
      { name, around: (value) => value },
      { name: `${name}.*`, around: (value) => `{"a":${value}}` },
    ]
  }
  return schema instanceof z.ZodUnion || schema instanceof z.ZodUnknown ? [{ name, around: (value) => value }] : []
}

const addressOf = ({ path }: AnyRoute) => path.replace(/\{[^}]+\}/g, 'acme')

describe('the worst body of each route', { timeout: 600_000 }, () => {
  test.each(['public', 'admin'] as const)(
    'of the %s listener takes work by its bytes, not by its faults',
    async (side) => {
      const { services } = replica
      const routes = side === 'public' ? services.publicRoutes : services.adminRoutes
      const taken = routes.filter(({ body }) => body !== undefined)
      expect(taken.length).toBeGreaterThan(3)
      for (const route of taken) {
        for (const { name, around } of holes(route.body as z.ZodType)) {
          for (const [kind, value] of Object.entries(hostile)) {
            const body = around(value)
            const ask = { method: route.method.toUpperCase(), path: addressOf(route), body }
            const { result, blocks } = await countWork(() =>
              replica[side]({ ...ask, authorization: side === 'public' ? tenant : platform }),
            )
            const what = `${ask.method} ${route.path} ${name}: ${kind}`
            expect([what, result.status < 500]).toEqual([what, true]) // a batch has its problems inside
            expect([what, result.text.length <= 65_536]).toEqual([what, true])
            expect([what, (result.json.faults ?? []).length <= 10]).toEqual([what, true])
            expect([what, Math.ceil(blocks / body.length)]).toEqual([
              what,
              expect.toSatisfy((each: number) => each <= blocksOfByte),
            ])
          }
        }
      }
    },
  )

  test('of a million levels is refused by its bytes', async () => {
    const body = `{"filter":${'{"a":'.repeat(600_000)}1${'}'.repeat(600_000)}}`
    const { status, json } = await replica.public({ path: '/retrieve', authorization: tenant, body })
    expect([status, json.detail]).toEqual([400, 'body: is nested deeper than 64 levels; send a flatter one'])
  })
})
