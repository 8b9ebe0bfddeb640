import { describe, expect, it } from 'vitest'
import { createTokenVerifier } from '../../src/auth/token-verifier.ts'
import { AppError } from '../../src/errors.ts'
import { signingKey, testIssuer } from '../support/issuer.ts'
import { ManualClock } from '../support/manual-clock.ts'

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error)
const later = async (verify: () => unknown) => {
  try {
    return await verify()
  } catch (error) {
    return codeOf(error)
  }
}

/** A clock that goes when told, and wakes who sleeps. */
class SteppedClock extends ManualClock {
  #sleeping: { readonly untilMs: number; wake(): void }[] = []

  override sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#sleeping.push({ untilMs: this.now() + ms, wake: resolve }))
  }

  get sleepers(): number {
    return this.#sleeping.length
  }

  override advance(ms: number): void {
    super.advance(ms)
    const due = this.#sleeping.filter(({ untilMs }) => untilMs <= this.now())
    this.#sleeping = this.#sleeping.filter(({ untilMs }) => untilMs > this.now())
    for (const { wake } of due) wake()
  }
}

describe('keys that change', () => {
  it('a token of a new key is accepted right after a rotation', async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, cooldownMs: 0 })
    await verifier.verify(await issuer.tenant('acme'))
    await issuer.rotate({ keepOld: true })
    expect(await verifier.verify(await issuer.tenant('acme'))).toMatchObject({ tenantId: 'acme' })
  })

  it('a remembered token is forgotten when a reading no longer holds its key', async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, cooldownMs: 0 })
    const old = await issuer.tenant('acme')
    await verifier.verify(old)
    await issuer.rotate()
    expect(verifier.verify(old)).toMatchObject({ tenantId: 'acme' })
    await verifier.refresh()
    expect(await later(() => verifier.verify(old))).toBe('unauthenticated')
  })

  it("a new key's first token makes the old key's remembered tokens forgotten", async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, cooldownMs: 0 })
    const old = await issuer.tenant('acme')
    await verifier.verify(old)
    await issuer.rotate()
    await verifier.verify(await issuer.tenant('globex'))
    expect(await later(() => verifier.verify(old))).toBe('unauthenticated')
  })

  it('a key under an old key id is another key: the content counts', async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, cooldownMs: 0 })
    const old = await issuer.tenant('acme')
    await verifier.verify(old)
    await issuer.rotate({ kid: issuer.key.kid })
    await verifier.refresh()
    expect(await later(() => verifier.verify(old))).toBe('unauthenticated')
    expect(await verifier.verify(await issuer.tenant('acme'))).toMatchObject({ tenantId: 'acme' })
  })

  it('tokens of keys that stay are remembered across a refresh', async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, cooldownMs: 0 })
    const header = await issuer.tenant('acme')
    await verifier.verify(header)
    await issuer.rotate({ keepOld: true })
    await verifier.refresh()
    expect(verifier.verify(header)).not.toBeInstanceOf(Promise)
  })

  it('a token that names no key is tried with each that is served', async () => {
    await using issuer = await testIssuer()
    const old = issuer.key
    await issuer.rotate({ keepOld: true })
    using verifier = createTokenVerifier(issuer.settings)
    for (const key of [old, issuer.key]) {
      const token = await issuer.token({ tenant_id: 'acme' }, { key, anonymous: true })
      expect(await verifier.verify(`Bearer ${token}`)).toMatchObject({ tenantId: 'acme' })
    }
    const forged = await issuer.token({ tenant_id: 'acme' }, { key: await signingKey(), anonymous: true })
    expect(await later(() => verifier.verify(`Bearer ${forged}`))).toBe('unauthenticated')
  })

  it('a token of a new key is accepted a second after the last reading', async () => {
    const clock = new SteppedClock()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, clock })
    await verifier.verify(await issuer.tenant('acme'))
    await issuer.rotate({ keepOld: true })
    clock.advance(1001)
    expect(await verifier.verify(await issuer.tenant('acme'))).toMatchObject({ tenantId: 'acme' })
  })

  it('a token of a new key waits for the next reading within the second, and is accepted by it', async () => {
    const clock = new SteppedClock()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, clock })
    await verifier.verify(await issuer.tenant('acme'))
    await issuer.rotate({ keepOld: true })
    const waiting = ['acme', 'globex'].map(async (tenant) => verifier.verify(await issuer.tenant(tenant)))
    const madeUp = `Bearer ${await issuer.token({ tenant_id: 'acme' }, { key: await signingKey() })}`
    const refused = later(() => verifier.verify(madeUp))
    await expect.poll(() => clock.sleepers).toBe(1) // one reading for all of them
    expect(issuer.fetches).toBe(1)
    clock.advance(1000)
    expect(await Promise.all(waiting)).toMatchObject([{ tenantId: 'acme' }, { tenantId: 'globex' }])
    expect(await refused).toBe('unauthenticated')
    expect(issuer.fetches).toBe(2)
  })

  it('a token of a new key is no pass and no refusal when the next reading fails', async () => {
    const clock = new SteppedClock()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, clock })
    await verifier.verify(await issuer.tenant('acme'))
    await issuer.rotate({ keepOld: true })
    issuer.answer = { status: 500, body: '' }
    const waiting = later(async () => verifier.verify(await issuer.tenant('acme')))
    await expect.poll(() => clock.sleepers).toBe(1)
    clock.advance(1000)
    expect(await waiting).toBe('identity_unavailable')
  })

  it('made-up key ids make the service ask the issuer once a second, however many come', async () => {
    const clock = new SteppedClock()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, clock })
    const madeUp = await Promise.all(
      Array.from({ length: 20 }, async () => `Bearer ${await issuer.token({}, { key: await signingKey() })}`),
    )
    const flood = () => Promise.all(madeUp.map((header) => later(() => verifier.verify(header))))
    await verifier.verify(await issuer.tenant('acme'))
    expect(issuer.fetches).toBe(1)
    for (const fetches of [2, 3]) {
      const floods = [flood(), flood()]
      await expect.poll(() => clock.sleepers).toBe(1)
      expect(issuer.fetches).toBe(fetches - 1)
      clock.advance(1000)
      expect(new Set((await Promise.all(floods)).flat())).toEqual(new Set(['unauthenticated']))
      expect(issuer.fetches).toBe(fetches)
    }
  })

  it('more than a thousand tokens of unknown keys do not wait: nothing is known of them', async () => {
    const clock = new SteppedClock()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, clock })
    await verifier.verify(await issuer.tenant('acme'))
    const key = await signingKey()
    const token = `Bearer ${await issuer.token({ tenant_id: 'acme' }, { key })}`
    const codes = Array.from({ length: 1_001 }, () => later(() => verifier.verify(token)))
    expect(await Promise.race(codes)).toBe('identity_unavailable')
    clock.advance(1000)
    const counts = Map.groupBy(await Promise.all(codes), (code) => code)
    expect([counts.get('unauthenticated')?.length, counts.get('identity_unavailable')?.length]).toEqual([1_000, 1])
  })
})

describe('an issuer that is unavailable', () => {
  it.each([
    ['answers 500', { status: 500, body: '' }],
    ['answers with a page', { status: 200, body: '<html>' }],
    ['answers with something else', { status: 200, body: '{"keys":1}' }],
    ['answers with a redirect', { status: 302, body: '' }],
    ['answers with megabytes', { status: 200, body: `{"keys":[]${' '.repeat(1024 * 1024)}}` }],
    ['answers without an end', { status: 200, body: ' '.repeat(1024 * 1024), isEndless: true as const }],
    ['stops in the middle', { status: 200, body: '{"keys":', isEndless: true as const }],
  ])('and %s is no pass and no refusal', async (_, answer) => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier({ ...issuer.settings, keysTimeoutMs: 500 })
    issuer.answer = answer
    const header = await issuer.tenant('acme')
    expect(await later(() => verifier.verify(header))).toBe('identity_unavailable')
    expect(await later(() => verifier.verify('Bearer a.b.c'))).toBe('unauthenticated')
  })

  it('and cannot be connected to is no pass either', async () => {
    const issuer = await testIssuer()
    const header = await issuer.tenant('acme')
    await issuer[Symbol.asyncDispose]()
    using verifier = createTokenVerifier(issuer.settings)
    expect(await later(() => verifier.verify(header))).toBe('identity_unavailable')
  })

  it('does not take remembered tokens with it', async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier(issuer.settings)
    const header = await issuer.tenant('acme')
    await verifier.verify(header)
    issuer.answer = { status: 500, body: '' }
    expect(await later(() => verifier.refresh())).toMatchObject({ name: 'IssuerUnreachable' })
    expect(verifier.verify(header)).toMatchObject({ tenantId: 'acme' })
  })

  it('is asked once for many callers who wait, and not again at once', async () => {
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier(issuer.settings)
    issuer.answer = { status: 500, body: '' }
    const headers = await Promise.all(Array.from({ length: 20 }, (_, i) => issuer.tenant(`t${i}`)))
    const codes = await Promise.all(headers.map((header) => later(() => verifier.verify(header))))
    expect(new Set(codes)).toEqual(new Set(['identity_unavailable']))
    expect(issuer.fetches).toBe(1)
  })
})
