import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ReplicaProcess } from '../fire/replica-process.ts'
import { testDatabase } from '../support/database.ts'
import { type FaultProxy, faultProxy, type ProxyFault } from '../support/fault-proxy.ts'
import { testIssuer } from '../support/issuer.ts'
import { localStores } from '../support/local-stores.ts'
import { type SoakTenant, startTraffic } from './traffic.ts'

/** `npm run soak` sets them. */
const seconds = Number(process.env.SOAK_SECONDS ?? 60)
const tenantCount = Number(process.env.SOAK_TENANTS ?? 500)
const inDoubtS = 3
const lagMs = 500

interface Sample {
  readonly heap: number
  readonly fds: number
  readonly handles: number
}

test('tenants read, write and search while faults come and go: no wrong answer, and memory and handles stay flat', {
  timeout: seconds * 1_000 + 900_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await testDatabase())
  const { local } = stack.use(await localStores())
  const issuer = stack.use(await testIssuer())
  const proxies = {
    postgres: stack.use(await faultProxy(home.url)),
    store: stack.use(await faultProxy(local.url)),
    keys: stack.use(await faultProxy(issuer.jwksUrl)),
  }
  const env = {
    DATABASE_URL: proxies.postgres.url,
    LOG_LEVEL: 'info',
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_HOST: proxies.store.url,
    INDEX_PREFIX: 'soak',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    EMBEDDING_MODEL: 'none',
    EMBEDDING_DIMENSION: '4',
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: issuer.audience,
    JWT_JWKS_URL: proxies.keys.url,
    SESSION_LEASE_S: '5',
    STORE_IN_DOUBT_S: String(inDoubtS),
    STORE_VISIBLE_S: '1',
    STORE_READ_TIMEOUT_S: '2',
    STORE_WRITE_TIMEOUT_S: '2',
  }
  const replicas = [stack.use(await ReplicaProcess.start(env)), stack.use(await ReplicaProcess.start(env))]
  const tenants = await onboard(replicas, issuer)
  local.setFaults({ lagMs })
  const traffic = startTraffic({
    urls: replicas.map(({ url }) => url),
    tenants,
    workers: 12,
    lagMs: lagMs + 200,
    doubtMs: (inDoubtS + 30) * 1_000,
  })
  const samples: Sample[] = []
  const endMs = performance.now() + seconds * 1_000
  try {
    for (let round = 0; performance.now() < endMs; round += 1) {
      await strike(round, proxies, local)
      samples.push(await sampleOf(replicas))
    }
  } finally {
    for (const proxy of Object.values(proxies)) await proxy.be({ kind: 'none' })
    local.setFaults({ rules: [], latencyMs: 0 })
    await traffic.stop()
  }
  await traffic.verify()
  const { done, refused, unknown } = traffic.counts
  console.log(`${done} done, ${refused} refused, ${unknown} unknown in ${seconds} s; ${JSON.stringify(samples.at(-1))}`)
  expect(traffic.wrong.slice(0, 20)).toEqual([])
  expect(done).toBeGreaterThan(0)
  expect(refused + unknown).toBeGreaterThan(0)
  isFlat(samples)
})

/** One fault for a moment, and a moment without any. */
async function strike(
  round: number,
  proxies: Readonly<Record<'postgres' | 'store' | 'keys', FaultProxy>>,
  local: Awaited<ReturnType<typeof localStores>>['local'],
): Promise<void> {
  const by = (proxy: FaultProxy, fault: ProxyFault) =>
    [() => proxy.be(fault), () => proxy.be({ kind: 'none' })] as const
  const rules = (given: Parameters<typeof local.setFaults>[0]) =>
    [async () => local.setFaults(given), async () => local.setFaults({ rules: [], latencyMs: 0 })] as const
  const faults = [
    rules({ latencyMs: { min: 0, max: 300 } }),
    by(proxies.postgres, { kind: 'flapping', everyMs: 300 }),
    rules({ rules: [{ fault: 'error', status: 500, probability: 0.3 }] }),
    by(proxies.store, { kind: 'hung' }),
    by(proxies.postgres, { kind: 'down' }),
    rules({ rules: [{ fault: 'reset', when: 'after', probability: 0.2 }] }),
    by(proxies.keys, { kind: 'down' }),
    by(proxies.postgres, { kind: 'hung' }),
    rules({ rules: [{ fault: 'rateLimit', perSecond: 50 }] }),
    by(proxies.store, { kind: 'flapping', everyMs: 200 }),
  ]
  const [begin, end] = faults[round % faults.length] ?? rules({ rules: [] })
  await begin()
  await sleep(3_000)
  await end()
  await sleep(3_000)
}

async function sampleOf(replicas: readonly ReplicaProcess[]): Promise<Sample> {
  const sums = { heap: 0, fds: 0, handles: 0 }
  for (const { adminUrl } of replicas) {
    const text = await (await fetch(`${adminUrl}/metrics`)).text()
    const all = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      )
    sums.heap += all('nodejs_heap_size_used_bytes')
    sums.fds += all('process_open_fds')
    sums.handles += all('nodejs_active_handles')
  }
  return sums
}

const mib = 1024 * 1024

/** The least of the last third against the least of the second: what is held for good shows there, and peaks do not. */
function isFlat(samples: readonly Sample[]): void {
  const third = Math.floor(samples.length / 3)
  const least = (from: number, to: number, field: keyof Sample) =>
    Math.min(...samples.slice(from, to).map((sample) => sample[field]))
  for (const [field, spare] of [
    ['heap', 64 * mib],
    ['fds', 40],
    ['handles', 40],
  ] as const) {
    const [before, after] = [least(third, 2 * third, field), least(2 * third, samples.length, field)]
    expect(after, `${field} of both replicas grew from ${before}`).toBeLessThan(before * 1.1 + spare)
  }
}

async function onboard(
  replicas: readonly ReplicaProcess[],
  issuer: Awaited<ReturnType<typeof testIssuer>>,
): Promise<SoakTenant[]> {
  const staff = await issuer.staff('platform')
  const ids = Array.from({ length: tenantCount }, (_, n) => `soak-${n}`)
  const left = [...ids]
  const work = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const response = await fetch(`${replicas[0]?.adminUrl}/tenants`, {
        method: 'POST',
        headers: { authorization: staff, 'content-type': 'application/json' },
        body: JSON.stringify({ id, name: id }),
      })
      expect([id, response.status]).toEqual([id, 201])
      await response.text()
    }
  }
  await Promise.all(Array.from({ length: 20 }, work))
  const longS = Math.floor(Date.now() / 1_000) + seconds + 7_200
  return Promise.all(
    ids.map(async (id) => ({
      id,
      authorization: await issuer.tenant(id, { exp: longS }),
      records: new Map(),
      isBusy: false,
    })),
  )
}
