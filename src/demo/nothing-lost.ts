import type { SampleTenant } from '../dev/samples.ts'
import { isFrom, matchesOf } from './matches.ts'
import { valuesOf } from './promote.ts'
import type { Tour } from './tour.ts'
import type { DemoTraffic } from './traffic.ts'

/** Reads back every document, note and vector from the new place. */
export async function nothingLost(tour: Tour, tenant: SampleTenant, traffic: DemoTraffic): Promise<void> {
  const { stage } = tour
  await stage.act('Nothing was lost')
  const { json } = await tour.asStaff('platform', `/tenants/${tenant.id}`)
  const place = json.placement as { kind?: string; index?: string; generation?: number } | null
  stage.claim(`${tenant.name} lives in ${place?.index}, generation ${place?.generation}`, place?.kind === 'silo')
  await documents(tour, tenant)
  await notes(tour, tenant, traffic)
  await ownVectors(tour, tenant)
  const neighbour = tour.samples.find(({ id }) => id !== tenant.id)
  if (neighbour === undefined) return
  const [first] = neighbour.questions
  const called = await tour.asTenant(neighbour.id, '/retrieve', {
    body: { query: `${first?.question} (again)`, topK: 3 },
  })
  const matches = matchesOf(called)
  const well = matches.length === 3 && matches.every((match) => isFrom(neighbour, match))
  stage.claim(`${neighbour.name}, in the shared index, noticed nothing`, well)
}

async function documents({ stage, asTenant }: Tour, tenant: SampleTenant): Promise<void> {
  let found = 0
  for (const { question, documentId } of tenant.questions) {
    const matches = matchesOf(await asTenant(tenant.id, '/retrieve', { body: { query: question, topK: 3 } }))
    if (matches.some((match) => match.documentId === documentId && isFrom(tenant, match))) found += 1
  }
  const all = tenant.questions.length
  stage.claim(`${found} of ${all} questions find their document as before`, found >= all * 0.9)
}

/** A note's text in the store: its only chunk is the vector `<id>#0`. */
async function notes({ stage, asTenant }: Tour, tenant: SampleTenant, { acknowledged }: DemoTraffic): Promise<void> {
  let kept = 0
  let wrong = 0
  for (const [id, text] of acknowledged) {
    const { json } = await asTenant(tenant.id, '/vectors/fetch', { body: { ids: [`${id}#0`] } })
    const [vector] = Object.values((json.vectors ?? {}) as Record<string, { metadata?: object }>)
    const stands = text === null ? vector === undefined : JSON.stringify(vector?.metadata ?? {}).includes(text)
    if (stands) kept += 1
    else wrong += 1
  }
  const deleted = [...acknowledged.values()].filter((text) => text === null).length
  stage.claim(
    `All ${kept} notes written meanwhile are as acknowledged, ${deleted} of them deleted and still gone`,
    wrong === 0,
    `${wrong} wrong`,
  )
}

async function ownVectors({ stage, asTenant }: Tour, tenant: SampleTenant): Promise<void> {
  let equal = 0
  const numbers = Array.from({ length: 3000 }, (_, at) => at)
  for (let from = 0; from < numbers.length; from += 100) {
    const ids = numbers.slice(from, from + 100).map((number) => `bulk-${number}`)
    const { json } = await asTenant(tenant.id, '/vectors/fetch', { body: { ids } })
    const vectors = (json.vectors ?? {}) as Record<string, { values: readonly number[] }>
    for (const number of numbers.slice(from, from + 100)) {
      if (areSameFloats(vectors[`bulk-${number}`]?.values ?? [], valuesOf(number))) equal += 1
    }
    stage.ticker(`${equal} vectors compared`)
  }
  stage.claim(`${equal} of ${numbers.length} vectors are equal to the last bit`, equal === numbers.length)
}

/** Compares as float32: the store keeps float32 and prints each as the shortest text that parses back to it. */
function areSameFloats(found: readonly number[], sent: readonly number[]): boolean {
  return found.length === sent.length && found.every((value, at) => Math.fround(value) === sent[at])
}
