import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ServiceWorld } from '../support/service-world.ts'

const file = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

test('each alert has a part in the docs, and each part an alert', async () => {
  const names = [...(await file('deploy/prometheus/alerts.yml')).matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(10)
  const parts = [...(await file('docs/alerts.md')).matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  expect(parts).toEqual(names)
  const links = [...(await file('deploy/prometheus/alerts.yml')).matchAll(/runbook_url: docs\/alerts\.md#(\w+)/g)]
  expect(links.map(([, anchor]) => anchor)).toEqual(names.map((name) => name?.toLowerCase()))
})

test('the queries of alerts and dashboards ask only for metrics that a replica serves', async () => {
  await using world = await ServiceWorld.open()
  const replica = await world.replica()
  const served = (await replica.admin({ path: '/metrics' })).text
  const known = new Set([...served.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  const boards = await Promise.all((await readdir('deploy/grafana')).map((name) => file(`deploy/grafana/${name}`)))
  const texts = [await file('deploy/prometheus/alerts.yml'), ...boards]
  const asked = new Set(texts.flatMap((text) => text.match(/\b(tenant_router|nodejs|process)_\w+/g) ?? []))
  expect(asked.size).toBeGreaterThan(15)
  const unknown = [...asked].filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, '')))
  expect(unknown).toEqual([])
})
