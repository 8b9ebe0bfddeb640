import { setTimeout as sleep } from 'node:timers/promises'

/** A tenant's app: what it wrote, and what its records may hold therefore. */
export interface SoakTenant {
  readonly id: string
  readonly authorization: string
  readonly records: Map<string, RecordState>
  isBusy: boolean
}

interface RecordState {
  /** Versions that a read may show; 0: no record. More than one while a write is in doubt. */
  allowed: Set<number>
  /** Versions from before the last write, which the store may show until `lateUntilMs`. */
  late: Set<number>
  lateUntilMs: number
  /** No write before: an unanswered one may still land. */
  doubtUntilMs: number
}

export interface TrafficCounts {
  done: number
  refused: number
  unknown: number
}

export interface Traffic {
  readonly counts: TrafficCounts
  /** Answers that no fault explains, a sentence each. */
  readonly wrong: string[]
  /** Reads every record of every tenant; the faults must be over. */
  verify(): Promise<void>
  stop(): Promise<void>
}

interface TrafficOptions {
  readonly urls: readonly string[]
  readonly tenants: readonly SoakTenant[]
  readonly workers: number
  /** The store's lag: a read may show what was there so long ago. */
  readonly lagMs: number
  /** Longer than an unanswered write may land late. */
  readonly doubtMs: number
}

interface Outcome {
  readonly kind: 'done' | 'refused' | 'unknown'
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  readonly json: any
}

const recordsOfTenant = 5
const refusals = new Set([
  'registry_unavailable',
  'store_unavailable',
  'store_busy',
  'identity_unavailable',
  'embedding_unavailable',
  'service_busy',
  'document_busy',
  'quota_exceeded',
  'tenant_not_ready',
])

/** Apps of many tenants that read, write, search and delete at two replicas without a pause. */
export function startTraffic({ urls, tenants, workers, lagMs, doubtMs }: TrafficOptions): Traffic {
  const counts: TrafficCounts = { done: 0, refused: 0, unknown: 0 }
  const wrong: string[] = []
  let version = 0
  let turn = 0
  let isOver = false

  async function ask(tenant: SoakTenant, method: string, path: string, body?: object): Promise<Outcome> {
    const what = `${method} ${path} of ${tenant.id}`
    let status = 0
    let text = ''
    try {
      const response = await fetch(`${urls[turn++ % urls.length]}${path}`, {
        method,
        headers: { authorization: tenant.authorization, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      status = response.status
      text = await response.text()
    } catch (error) {
      wrong.push(`${what}: ${String(error)}`)
      return { kind: 'unknown', json: undefined }
    }
    const json = text === '' ? undefined : JSON.parse(text)
    if (status < 300) return { kind: 'done', json }
    if (status === 504 && json.code === 'outcome_unknown') return { kind: 'unknown', json }
    if (!refusals.has(json?.code)) wrong.push(`${what} was answered with ${status}: ${text.slice(0, 200)}`)
    return { kind: 'refused', json }
  }

  function count({ kind }: Outcome): void {
    counts[kind] += 1
  }

  async function write(tenant: SoakTenant, id: string, state: RecordState, isDelete: boolean): Promise<void> {
    version += 1
    const next = isDelete ? 0 : version
    const metadata = { tenant: tenant.id, version: next }
    const outcome = isDelete
      ? await ask(tenant, 'POST', '/vectors/delete', { ids: [id] })
      : await ask(tenant, 'POST', '/vectors/upsert', { vectors: [{ id, values: [1, 2, 3, 4], metadata }] })
    count(outcome)
    if (outcome.kind === 'done') {
      const nowMs = performance.now()
      state.late = nowMs < state.lateUntilMs ? state.late.union(state.allowed) : state.allowed
      state.lateUntilMs = nowMs + lagMs
      state.allowed = new Set([next])
    }
    if (outcome.kind !== 'unknown') return
    state.allowed.add(next)
    state.doubtUntilMs = performance.now() + doubtMs
  }

  async function read(tenant: SoakTenant): Promise<boolean> {
    const ids = [...tenant.records.keys()]
    if (ids.length === 0) return true
    const begunMs = performance.now()
    const outcome = await ask(tenant, 'POST', '/vectors/fetch', { ids })
    count(outcome)
    if (outcome.kind !== 'done') return false
    for (const [id, state] of tenant.records) {
      const allowed = begunMs < state.lateUntilMs ? state.allowed.union(state.late) : state.allowed
      const shown = outcome.json.vectors[id]?.metadata
      const seen: number = shown?.version ?? 0
      if (shown !== undefined && shown.tenant !== tenant.id) wrong.push(`${tenant.id} sees ${id} of ${shown.tenant}`)
      if (!allowed.has(seen)) wrong.push(`${tenant.id} ${id} shows ${seen} and may show ${[...allowed].join(', ')}`)
    }
    return true
  }

  async function search(tenant: SoakTenant): Promise<void> {
    version += 1
    const outcome = await ask(tenant, 'POST', '/retrieve', { vector: [version, 2, 3, 4], topK: 100 })
    count(outcome)
    for (const { metadata } of outcome.kind === 'done' ? outcome.json.matches : [])
      if (metadata?.tenant !== tenant.id) wrong.push(`a search of ${tenant.id} finds what ${metadata?.tenant} has`)
  }

  async function work(): Promise<void> {
    while (!isOver) {
      const tenant = tenants[Math.floor(Math.random() * tenants.length)]
      if (tenant === undefined || tenant.isBusy) {
        await sleep(1)
        continue
      }
      tenant.isBusy = true
      const dice = Math.random()
      const id = `r${Math.floor(Math.random() * recordsOfTenant)}`
      const state = tenant.records.get(id) ?? {
        allowed: new Set([0]),
        late: new Set(),
        lateUntilMs: 0,
        doubtUntilMs: 0,
      }
      tenant.records.set(id, state)
      if (dice < 0.4 && performance.now() > state.doubtUntilMs) await write(tenant, id, state, dice < 0.08)
      else if (dice < 0.7) await read(tenant)
      else if (dice < 0.9) await search(tenant)
      else count(await ask(tenant, 'GET', '/documents'))
      tenant.isBusy = false
    }
  }

  const running = Array.from({ length: workers }, work)
  return {
    counts,
    wrong,
    async verify() {
      const left = [...tenants]
      const look = async () => {
        for (let tenant = left.pop(); tenant !== undefined; tenant = left.pop())
          while (!(await read(tenant))) await sleep(200)
      }
      await Promise.all(Array.from({ length: workers }, look))
    },
    async stop() {
      isOver = true
      await Promise.all(running)
    },
  }
}
