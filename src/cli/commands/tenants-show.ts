import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { printable } from '../kit/printable.ts'
import { exactTime, timeWords } from '../kit/relative-time.ts'
import { showDocument } from '../kit/show.ts'
import { placeWord, type Tenant, tenantPath } from '../kit/tenant-lines.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface ShownTenant extends Tenant {
  readonly region?: string | null
  readonly awaitingSince?: string | null
  readonly move?: { readonly id: string; readonly kind: string; readonly state: string } | null
  readonly held?: { readonly verdict: string } | null
  readonly createdAt?: string
  readonly updatedAt?: string
}

interface ShownRoute {
  readonly why?: string
  readonly nearestLimit?: { readonly name: string; readonly used: number; readonly limit: number }
}

export function tenantsShow(context: Context): Command {
  return readingVerb({
    usage: 'show <id>',
    summary: 'show a tenant, where its vectors live and why',
    example: 'tenants show acme-bikes',
  }).action(async (id: string, options: ReadOptions) => {
    const api = await context.api()
    const path = tenantPath(id)
    const [tenant, route] = await Promise.all([
      api.send<ShownTenant>({ method: 'GET', path }),
      api.send<ShownRoute>({ method: 'GET', path: `${path}/route` }),
    ])
    if (options.json) context.writeJson({ ...tenant, route })
    else showDocument(context, options, fieldsOf(context, tenant, route))
  })
}

function fieldsOf(context: Context, tenant: ShownTenant, route: ShownRoute): object {
  const { placement, move, awaitingPromotion, awaitingSince, inTheWay, held } = tenant
  const time = context.watched ? timeWords : exactTime
  const since = awaitingSince ? `since ${time(awaitingSince)}` : 'now'
  const awaits = inTheWay ? `${since}. ${inTheWay.words}` : `${since}: tenant-router promote ${tenant.id}`
  const { nearestLimit: near } = route
  const until = tenant.limitsUntil ? ` until ${time(tenant.limitsUntil)}` : ''
  return {
    tenant: `${tenant.name} (${tenant.id})`,
    tier: tenant.tier,
    status: tenant.status,
    held: held?.verdict,
    place:
      placement == null ? 'nowhere' : `${placeWord(tenant)}, ${placement.index}, generation ${placement.generation}`,
    why: route.why,
    awaits: awaitingPromotion ? `promotion, ${awaits}` : undefined,
    move: move ? `${move.kind}, ${move.state.replaceAll('_', ' ')}: tenant-router moves show ${move.id}` : undefined,
    nearest: near && `${near.name.replaceAll('_', ' ')}: ${near.used} of ${near.limit}`,
    region: tenant.region,
    limits: namedValues(tenant.limits, until),
    attributes: namedValues(tenant.attributes, ''),
    created: tenant.createdAt && time(tenant.createdAt),
    changed: tenant.updatedAt && time(tenant.updatedAt),
  }
}

function namedValues(values: Readonly<Record<string, unknown>> | undefined, after: string): string | undefined {
  const named = Object.entries(values ?? {}).map(([name, value]) => `${printable(name)} ${printable(String(value))}`)
  return named.length === 0 ? undefined : `${named.join(', ')}${after}`
}
