import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Role, roles } from '../../../src/auth/principal.ts'
import type { AnyRoute } from '../../../src/http/pipeline/route.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let as: Record<Role | 'tenant', string>
beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  const { issuer } = world
  as = {
    platform: await issuer.staff('platform'),
    sales: await issuer.staff('sales'),
    auditor: await issuer.staff('auditor'),
    tenant: await world.onboard(replica, 'acme'),
  }
})
afterAll(() => world[Symbol.asyncDispose]())

const nameOf = ({ method, path }: AnyRoute) => `${method.toUpperCase()} ${path}`
const rolesOf = ({ access }: AnyRoute): readonly Role[] => (access.kind === 'staff' ? access.roles : [])

/** Asks a route about something that is not there, with a body that is none: only who asks is judged. */
async function statusOf({ method, path }: AnyRoute, authorization: string | undefined): Promise<number> {
  const none = path.includes('{id}') && !path.startsWith('/tenants') ? crypto.randomUUID() : 'nobody'
  const changes = method !== 'get'
  const { status } = await replica.admin({
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, none),
    authorization,
    ...(changes && { body: '{' }),
  })
  return status
}

test('every route of the admin listener takes the roles that it names, and nobody else', async () => {
  const { adminRoutes } = replica.services
  expect(adminRoutes.length).toBeGreaterThan(50)
  for (const route of adminRoutes) {
    const allowed = rolesOf(route)
    // What proves a call there is its signature: no token of anybody is taken.
    const refusal = route.access.kind === 'signed' ? 401 : 403
    for (const role of roles) {
      const status = await statusOf(route, as[role])
      const words = `${nameOf(route)} as ${role}`
      if (allowed.includes(role)) expect([401, 403], words).not.toContain(status)
      else expect(status, words).toBe(refusal)
    }
    expect(await statusOf(route, as.tenant), `${nameOf(route)} as a tenant`).toBe(refusal)
    expect(await statusOf(route, undefined), `${nameOf(route)} as nobody`).toBe(401)
  }
})

test('an auditor changes nothing', () => {
  const changing = replica.services.adminRoutes.filter(({ method }) => method !== 'get')
  expect(changing.filter((route) => rolesOf(route).includes('auditor')).map(nameOf)).toEqual([])
})

test('docs/roles.md has the table of the routes as they are', async () => {
  const rows = replica.services.adminRoutes.map((route) => {
    const marks = roles.map((role) => (rolesOf(route).includes(role) ? 'yes' : '—'))
    return `| \`${nameOf(route)}\` | ${marks.join(' | ')} |`
  })
  const page = [
    '# Who may do what',
    '',
    'Each route of the admin listener with the roles that it takes. The test `test/http/admin/roles.test.ts` asks every route as every role, and writes this table (`npx vitest run test/http/admin/roles.test.ts -u`).',
    '',
    'Beyond the route: of `PATCH /tenants/{id}` and imports, sales may change `name`, `tier` and the attributes `crmId`, `owner`, `contract` and `renewal`; limits and other attributes are the platform team’s. An auditor sees everything and changes nothing. `POST /hooks/crm/{source}` takes no role: the call of a [CRM](crm.md) is known by its signature.',
    '',
    `| route | ${roles.join(' | ')} |`,
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  await expect(page).toMatchFileSnapshot('../../../docs/roles.md')
})
