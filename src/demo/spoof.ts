import { call } from '../dev/call.ts'
import { fingerprint, isFrom, matchesOf } from './matches.ts'
import type { Tour } from './tour.ts'

/** One company tries to pose as another, with every way to name a tenant in a request. */
export async function spoof(tour: Tour): Promise<void> {
  const { stage, samples, urls, issuer, signal } = tour
  const [victim, attacker] = samples
  if (victim === undefined || attacker === undefined) return
  await stage.act(`Spoof: ${attacker.name} tries to read what is ${victim.name}'s`)
  const query = victim.questions[0]?.question ?? victim.name
  const honest = await tour.asTenant(attacker.id, '/retrieve', { body: { query, topK: 5 } })
  stage.claim(
    'Asked honestly, it finds only passages of its own',
    matchesOf(honest).every((match) => isFrom(attacker, match)),
  )

  const place = { tenant_id: victim.id, tenantId: victim.id, index: `tenant_${victim.id}_g1` }
  const search = new URLSearchParams(place)
  const headers = { 'x-tenant-id': victim.id }
  const tries = [
    ['in the body', '/retrieve', { body: { query, topK: 5, ...place } }],
    ['in the query string', `/retrieve?${search}`, { body: { query, topK: 5 } }],
    ['in headers', '/retrieve', { body: { query, topK: 5 }, headers }],
  ] as const
  for (const [where, path, options] of tries) {
    const called = await tour.asTenant(attacker.id, path, options)
    const same = called.status === 200 && fingerprint(called) === fingerprint(honest)
    stage.claim(`${victim.id} named ${where}: the answer is the same as without`, same, String(called.status))
  }
  const named = { body: { query, topK: 5 }, headers: { 'x-namespace': place.index } }
  const { status } = await tour.asTenant(attacker.id, '/retrieve', named)
  stage.claim(`A namespace of ${victim.id}'s, named in a header, is refused`, status === 400, String(status))

  const filter = {
    $or: [{ tenant_id: victim.id }, { documentId: { $exists: true } }, { department: { $exists: true } }],
  }
  const filtered = await tour.asTenant(attacker.id, '/retrieve', { body: { query, topK: 5, filter } })
  const inside = matchesOf(filtered).every((match) => isFrom(attacker, match))
  stage.claim(`A filter that asks for ${victim.id}'s can only narrow`, filtered.status < 500 && inside)

  const [head, payload, signature] = (await issuer.mint({ tenant: attacker.id })).split('.')
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...claims, tenant_id: victim.id })).toString('base64url')
  const options = { body: { query }, signal }
  const refused = await call(`${urls.publicUrl}/retrieve`, { ...options, token: `${head}.${forged}.${signature}` })
  stage.claim('A token with the name changed is refused', refused.status === 401, String(refused.status))
  const staff = await call(`${urls.publicUrl}/retrieve`, { ...options, token: await issuer.mint({ role: 'platform' }) })
  stage.claim(
    "A staff token reads no tenant's vectors",
    staff.status === 403 || staff.status === 401,
    String(staff.status),
  )
}
