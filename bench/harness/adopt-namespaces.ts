import { call, type Parts, type Service } from './parts.ts'

const dimension = 512
const atOnce = 16
const name = 'adopted'

/**
 * Makes an index with so many namespaces of one record, as an operator has it, and adopts them through the admin API.
 * @returns seconds of the adoption, the listing of the namespaces included.
 */
export async function adoptNamespaces(parts: Parts, service: Service, count: number): Promise<number> {
  const host = await makeIndex(parts.storeUrl)
  const values = Array.from({ length: dimension }, () => 1)
  let next = 0
  const fill = async () => {
    while (next < count) {
      const namespace = `customer-${next++}`
      await send(`${host}/vectors/upsert`, { namespace, vectors: [{ id: 'one', values }] })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, fill))
  const staff = await parts.issuer.staffToken()
  const adopted = { kind: 'pool', namespaceLimit: count }
  await call('POST', `${service.adminUrl}/indexes/${name}/adopt`, adopted, staff)
  const beganAtMs = performance.now()
  const body = { index: name, pattern: 'customer-{id}' }
  const done = (await call('POST', `${service.adminUrl}/tenants/adopt`, body, staff)) as { readonly adopted: number }
  const tookS = (performance.now() - beganAtMs) / 1000
  if (done.adopted !== count) throw new Error(`${done.adopted} of ${count} namespaces were adopted`)
  return tookS
}

async function makeIndex(storeUrl: string): Promise<string> {
  const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } }
  await send(`${storeUrl}/indexes`, { name, dimension, metric: 'cosine', spec })
  const described = await fetch(`${storeUrl}/indexes/${name}`, { headers })
  const { host } = (await described.json()) as { host: string }
  return host.startsWith('http') ? host : `http://${host}`
}

const headers = { 'api-key': 'bench', 'content-type': 'application/json', 'x-pinecone-api-version': '2025-10' }

async function send(url: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`)
}
