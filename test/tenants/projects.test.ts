import { expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { indexesIn, onboard, placeOf, TwoProjects } from '../support/two-projects.ts'

test('tenants go to the project of their region, are answered from it, and see nothing of each other', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const env = await two.env()
  const replicas = [await world.replica(env), await world.replica(env)] as const
  expectStatus(await onboard(two, replicas[0], 'acme'), 201)
  expectStatus(await onboard(two, replicas[1], 'berlin', { region: 'eu-west-1' }), 201)
  expectStatus(await onboard(two, replicas[0], 'bonn', { region: 'eu-west-1', tier: 'enterprise' }), 201)
  expect(await placeOf(two, 'acme')).toEqual({ project: 'default', index: 'tr-pool-1', region: 'us-east-1' })
  expect(await placeOf(two, 'berlin')).toEqual({ project: 'second', index: 'tr-pool-1', region: 'eu-west-1' })
  expect(await placeOf(two, 'bonn')).toMatchObject({ project: 'second', region: 'eu-west-1' })
  expect(await indexesIn(two, 'default')).toEqual(['tr-pool-1'])
  expect(await indexesIn(two, 'second')).toEqual(['tr-pool-1', expect.stringMatching(/^tr-silo-bonn-/)])

  const words = { acme: 'Heron', berlin: 'Otter', bonn: 'Basalt' }
  for (const [id, word] of Object.entries(words)) {
    const authorization = await world.issuer.tenant(id)
    const text = `# Refunds\n\nThe secret word is ${word}. Refunds take 14 days.`
    const put = await replicas[0].public({ method: 'PUT', path: '/documents/refunds', authorization, body: { text } })
    expectStatus(put, 201)
  }
  for (const [id, word] of Object.entries(words)) {
    const authorization = await world.issuer.tenant(id)
    for (const replica of replicas) {
      const found = await replica.public({ path: '/retrieve', authorization, body: { query: 'refunds', topK: 50 } })
      expect(found.json.matches.map((match: { documentId: string }) => match.documentId)).toEqual(['refunds'])
      expect(found.text).toContain(word)
      for (const other of Object.values(words)) if (other !== word) expect(found.text).not.toContain(other)
    }
  }
  // Taken away in one project, there in the others: names are the same, places are not.
  const authorization = await world.issuer.tenant('berlin')
  expectStatus(await replicas[1].public({ method: 'DELETE', path: '/documents/refunds', authorization }), 204)
  const acme = { path: '/retrieve', authorization: await world.issuer.tenant('acme'), body: { query: 'refunds days' } }
  expect((await replicas[0].public(acme)).text).toContain('Heron')
})

test('staff see the project of a tenant and of an index, and which limit of it is near', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const replica = await world.replica(await two.env({ indexLimit: 3 }))
  await onboard(two, replica, 'berlin', { region: 'eu-west-1' })
  const authorization = await world.issuer.staff('platform')
  const route = await replica.admin({ path: '/tenants/berlin/route', authorization })
  expect(route.json).toMatchObject({
    project: 'second',
    limits: [{ name: 'namespaces_in_index' }, { name: 'indexes_in_project', used: 1, limit: 3 }],
  })
  const added = await replica.admin({ path: '/indexes', authorization, body: { region: 'eu-west-1' } })
  expect([added.status, added.json]).toEqual([
    201,
    expect.objectContaining({ name: 'tr-pool-2', project: 'second', region: 'eu-west-1' }),
  ])
  const metrics = await replica.admin({ path: '/metrics' })
  expect(metrics.text).toMatch(/tenant_router_index_namespaces\{project="second",index="tr-pool-1",kind="pool"\} 1/)
})

test('when the quota of one project is used up, the next that serves the region takes the index', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const overflow = { region: 'eu-west-1', regions: ['us-east-1'], indexLimit: 2 }
  const limits = { PROJECT_INDEX_LIMIT: '1', POOL_NAMESPACE_LIMIT: '1' }
  const replica = await world.replica({ ...(await two.env(overflow)), ...limits })
  for (const id of ['a', 'b']) expectStatus(await onboard(two, replica, id), 201)
  expectStatus(await onboard(two, replica, 'big', { tier: 'enterprise' }), 201)
  expect(await placeOf(two, 'a')).toMatchObject({ project: 'default', region: 'us-east-1' })
  expect(await placeOf(two, 'b')).toMatchObject({ project: 'second', region: 'us-east-1' })
  expect(await placeOf(two, 'big')).toMatchObject({ project: 'second', region: 'us-east-1' })

  const refused = await onboard(two, replica, 'c')
  expect([refused.status, refused.json]).toEqual([
    409,
    expect.objectContaining({
      code: 'index_limit_reached',
      detail: expect.stringContaining("'default' (1), 'second' (2)"),
    }),
  ])
  const authorization = await world.issuer.staff('platform')
  expectStatus(await replica.admin({ path: '/tenants/c', authorization }), 404)
})

test('a burst over two replicas fills both projects, and neither is over its limit', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const env = {
    ...(await two.env({ region: 'us-east-1', indexLimit: 1 })),
    PROJECT_INDEX_LIMIT: '2',
    POOL_NAMESPACE_LIMIT: '2',
  }
  const replicas = [await world.replica(env), await world.replica(env)] as const
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => onboard(two, n % 2 === 0 ? replicas[0] : replicas[1], `tenant-${n}`)),
  )
  expect(answers.map((answer) => answer.status).toSorted()).toEqual([...Array(6).fill(201), ...Array(4).fill(409)])
  expect(await indexesIn(two, 'default')).toEqual(['tr-pool-1', 'tr-pool-2'])
  expect(await indexesIn(two, 'second')).toEqual(['tr-pool-1'])
})

test('what a project may not hold goes elsewhere, or is refused', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const silos = { region: 'us-east-1', regions: ['eu-west-1'], holds: ['silo'] }
  const replica = await world.replica({ ...(await two.env(silos)), PROJECT_INDEX_LIMIT: '1' })
  await onboard(two, replica, 'a')
  expectStatus(await onboard(two, replica, 'big', { tier: 'enterprise' }), 201)
  expect(await placeOf(two, 'a')).toMatchObject({ project: 'default' })
  expect(await placeOf(two, 'big')).toMatchObject({ project: 'second' })
  const refused = await onboard(two, replica, 'berlin', { region: 'eu-west-1' })
  expect([refused.status, refused.json]).toEqual([
    409,
    expect.objectContaining({
      code: 'conflict',
      detail: expect.stringContaining('may hold a shared index in eu-west-1'),
    }),
  ])
})

test('a shared index takes nobody in any more once its project may hold none', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const full = { PROJECT_INDEX_LIMIT: '1', POOL_NAMESPACE_LIMIT: '1' }
  await onboard(two, await world.replica({ ...(await two.env({ region: 'us-east-1' })), ...full }), 'a')
  const roomy = await world.replica({ ...(await two.env({ region: 'us-east-1' })), PROJECT_INDEX_LIMIT: '1' })
  await onboard(two, roomy, 'b')
  expect(await placeOf(two, 'b')).toMatchObject({ project: 'second', index: 'tr-pool-1' })
  const emptied = await world.replica(await two.env({ region: 'us-east-1', holds: [] }))
  expectStatus(await onboard(two, emptied, 'c'), 201)
  expect(await placeOf(two, 'c')).toMatchObject({ project: 'default', index: 'tr-pool-2' })
  const authorization = await world.issuer.tenant('b')
  expectStatus(await emptied.public({ path: '/retrieve', authorization, body: { query: 'x' } }), 200)
})

test('a region that no project serves is refused by the field, and nothing is kept', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const replica = await world.replica(await two.env())
  const refused = await onboard(two, replica, 'delhi', { region: 'ap-south-1' })
  expect([refused.status, refused.json]).toEqual([
    400,
    expect.objectContaining({
      code: 'invalid_request',
      detail: 'No configured Pinecone project serves the region ap-south-1.',
      faults: [expect.objectContaining({ path: 'region' })],
    }),
  ])
  const authorization = await world.issuer.staff('platform')
  expectStatus(await replica.admin({ path: '/tenants/delhi', authorization }), 404)
  expect([await indexesIn(two, 'default'), await indexesIn(two, 'second')]).toEqual([[], []])
})

test('the service does not start without a project that the registry still has something in', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const replica = await world.replica(await two.env())
  await onboard(two, replica, 'berlin', { region: 'eu-west-1' })
  const missing = /has index tr-pool-1 in the Pinecone project 'second', which the configuration does not name/
  await expect(world.replica()).rejects.toThrow(missing)
  await expect(world.replica(await two.env({ name: 'renamed' }))).rejects.toThrow(missing)
  await world.replica(await two.env())
})

test('an unavailable project does not take the tenants of the other out of service', async () => {
  await using two = await TwoProjects.open()
  const { world } = two
  const env = await two.env()
  const [replica, other] = [await world.replica(env), await world.replica(env)]
  await onboard(two, replica, 'acme')
  const authorization = await world.issuer.tenant('acme')
  await two.second.local.close()
  const ready = await replica.admin({ path: '/readyz' })
  expect([ready.status, ready.json]).toEqual([200, expect.objectContaining({ status: 'ok' })])
  expectStatus(await replica.public({ path: '/retrieve', authorization, body: { query: 'x' } }), 200)
  await world.local.local.close()
  expectStatus(await other.admin({ path: '/readyz' }), 503)
})
