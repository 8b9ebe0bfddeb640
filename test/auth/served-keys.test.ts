import { describe, expect, it, vi } from 'vitest'
import { createTokenVerifier } from '../../src/auth/token-verifier.ts'
import { AppError } from '../../src/errors.ts'
import { signingKey, testIssuer } from '../support/issuer.ts'

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error)
const later = async (verify: () => unknown) => {
  try {
    return await verify()
  } catch (error) {
    return codeOf(error)
  }
}

/** The time of day stands still, which is what the pause between two readings goes by. */
function frozenDate() {
  vi.useFakeTimers({ toFake: ['Date'] })
  return {
    advance: (ms: number) => void vi.setSystemTime(Date.now() + ms),
    [Symbol.dispose]: () => void vi.useRealTimers(),
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
    using clock = frozenDate()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier(issuer.settings)
    await verifier.verify(await issuer.tenant('acme'))
    await issuer.rotate({ keepOld: true })
    clock.advance(1001)
    expect(await verifier.verify(await issuer.tenant('acme'))).toMatchObject({ tenantId: 'acme' })
  })

  it('made-up key ids make the service ask the issuer once a second, however many come', async () => {
    using clock = frozenDate()
    await using issuer = await testIssuer()
    using verifier = createTokenVerifier(issuer.settings)
    const madeUp = await Promise.all(
      Array.from({ length: 20 }, async () => `Bearer ${await issuer.token({}, { key: await signingKey() })}`),
    )
    const flood = () => Promise.all(madeUp.map((header) => later(() => verifier.verify(header))))
    await verifier.verify(await issuer.tenant('acme'))
    expect(issuer.fetches).toBe(1)
    await flood()
    expect(issuer.fetches).toBe(1)
    for (const fetches of [2, 3]) {
      clock.advance(1001)
      expect(new Set([...(await flood()), ...(await flood())])).toEqual(new Set(['unauthenticated']))
      expect(issuer.fetches).toBe(fetches)
    }
  })
})

describe('an issuer that is away', () => {
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
    expect(await later(() => verifier.refresh())).not.toBeUndefined()
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
