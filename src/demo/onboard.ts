import { loadDocuments, onboardSample } from '../dev/load-samples.ts'
import type { Tour } from './tour.ts'

/** Onboards the sample companies and ingests their documents. */
export async function onboard(tour: Tour): Promise<void> {
  const { stage, samples } = tour
  await stage.act(`Onboard ${samples.length} companies and ingest their documents`)
  stage.say('They share one Pinecone index; each has a namespace of its own that no request can name.')
  for (const sample of samples) {
    const startedAt = performance.now()
    const { issuer, urls, signal } = tour
    const deps = { issuer, ...urls, signal }
    await onboardSample(deps, sample)
    await loadDocuments(deps, sample, (done) => {
      stage.ticker(`${sample.name}: document ${done} of ${sample.documents.length}`)
    })
    const { json } = await tour.asTenant(sample.id, '/documents?limit=100')
    const listed = Array.isArray(json.items) ? json.items.length : 0
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const what = `${sample.name}: ${sample.documents.length} documents in ${seconds} s, and as many are listed`
    stage.claim(what, listed === sample.documents.length, String(listed))
  }
  const routes = await Promise.all(samples.map(({ id }) => tour.asStaff('platform', `/tenants/${id}`)))
  const places = routes.map(({ json }) => json.placement as { kind?: string; index?: string } | null)
  const index = places[0]?.index
  const shared = places.every((place) => place?.kind === 'pool' && place.index === index)
  stage.claim(`All of them live in the shared index ${index}`, shared, JSON.stringify(places))
}
