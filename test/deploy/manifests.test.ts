import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { Job } from 'kubernetes-models/batch/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../../src/config/config.ts'
import { settings } from '../../src/config/settings.ts'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  // biome-ignore lint/suspicious/noExplicitAny: the shapes of Kubernetes are checked by its schemas
  readonly [more: string]: any
}

const deploy = new URL('../../deploy/', import.meta.url)
const read = (name: string) => readFile(new URL(name, deploy), 'utf8')
const names = new Set<string>(settings.map(({ name }) => name))

async function manifests(): Promise<readonly Manifest[]> {
  const files = globSync('kubernetes/**/*.yaml', { cwd: deploy }).filter((name) => !name.endsWith('kustomization.yaml'))
  expect(files.length).toBeGreaterThan(4)
  const texts = await Promise.all(files.map(read))
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
}

type Model = new (data: never) => { validate(): void }

const models: Readonly<Record<string, Model>> = {
  'v1 ConfigMap': ConfigMap,
  'v1 Service': Service,
  'apps/v1 Deployment': Deployment,
  'batch/v1 Job': Job,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'monitoring.coreos.com/v1 ServiceMonitor': ServiceMonitor,
}

/** A copy that notes what a validator reads; a field that it never reads is one that Kubernetes doesn't know. */
function watched<T>(value: T, path: string, unread: Set<string>): T {
  if (typeof value !== 'object' || value === null) return value
  const of = (key: string) => `${path}/${key}`
  for (const key of Object.keys(value)) unread.add(of(key))
  const copy = Array.isArray(value) ? [] : {}
  for (const [key, one] of Object.entries(value)) Object.assign(copy, { [key]: watched(one, of(key), unread) })
  return new Proxy(copy, {
    get(target, key) {
      if (typeof key === 'string') unread.delete(of(key))
      return Reflect.get(target, key)
    },
  }) as T
}

function faultsOf(manifest: Manifest): readonly string[] {
  const model = models[`${manifest.apiVersion} ${manifest.kind}`]
  if (model === undefined) return ['no schema is known for it']
  const unread = new Set<string>()
  const one = new model(manifest as never)
  for (const key of Object.keys(manifest)) Object.assign(one, { [key]: watched(manifest[key], key, unread) })
  try {
    one.validate()
  } catch (error) {
    return [String(error)]
  }
  // Labels and annotations are read by their values alone, as any map is.
  return [...unread].map((path) => `${path} is no field`)
}

test('the manifests keep to the schemas of Kubernetes, and hold no field that it does not know', async () => {
  for (const manifest of await manifests()) {
    expect({ [`${manifest.kind} ${manifest.metadata.name}`]: faultsOf(manifest) }).toEqual({
      [`${manifest.kind} ${manifest.metadata.name}`]: [],
    })
  }
})

test('a field that is misspelled, or of another type, is found', async () => {
  const [deployment] = (await manifests()).filter(({ kind }) => kind === 'Deployment')
  if (deployment === undefined) throw new Error('there is a Deployment')
  const { spec } = deployment
  expect(faultsOf({ ...deployment, spec: { ...spec, replica: 2 } })).toEqual(['spec/replica is no field'])
  expect(faultsOf({ ...deployment, spec: { ...spec, replicas: 'two' } })).toHaveLength(1)
})

test('the parts of a deployment fit each other and the service', async () => {
  const all = await manifests()
  const of = (kind: string, name = 'tenant-router') =>
    all.find((one) => one.kind === kind && one.metadata.name === name) as Manifest
  const { template, selector } = of('Deployment').spec
  const pod = template.spec
  const [container] = pod.containers
  expect(template.metadata.labels).toMatchObject(selector.matchLabels)
  expect(template.metadata.labels).toMatchObject(of('PodDisruptionBudget').spec.selector.matchLabels)
  expect(template.metadata.labels).toMatchObject(of('NetworkPolicy').spec.podSelector.matchLabels)

  const ports = container.ports.map(({ name }: { name: string }) => name)
  for (const service of ['tenant-router', 'tenant-router-admin']) {
    const { spec } = of('Service', service)
    expect(template.metadata.labels).toMatchObject(spec.selector)
    for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort)
  }
  const monitor = of('ServiceMonitor').spec
  expect(of('Service', 'tenant-router-admin').metadata.labels).toMatchObject(monitor.selector.matchLabels)
  expect(of('Service').metadata.labels).not.toMatchObject(monitor.selector.matchLabels)

  const { data } = of('ConfigMap')
  expect(Object.keys(data).filter((name) => !names.has(name))).toEqual([])
  expect(container.env.filter(({ name }: { name: string }) => !names.has(name))).toEqual([])
  // docs/runbook.md: DRAIN_S and 35 seconds.
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(data.DRAIN_S) + 35)
  const asked = ['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => container[probe].httpGet)
  expect(asked.map(({ path, port }) => `${port}${path}`)).toEqual(['admin/livez', 'admin/readyz', 'admin/livez'])
  const image = await readFile(new URL('../Dockerfile', deploy), 'utf8')
  expect(image).toContain(
    `EXPOSE ${container.ports.map((port: { containerPort: number }) => port.containerPort).join(' ')}`,
  )
  expect(image).toContain(`USER ${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`)
})

test('the console of compose.yaml has its settings, and an issuer that replicas and browsers reach', async () => {
  const { services } = parse(await read('compose.yaml'), { merge: true })
  const { environment } = services['replica-1']
  const env = Object.fromEntries(
    Object.entries<string>(environment).map(([name, value]) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]),
  )
  // It names every fault of the settings, those of the console among them.
  const { console: settings, jwt } = readConfig(env)
  expect(settings).toMatchObject({ clientId: 'console', url: 'http://localhost:8081' })
  const { command, ports } = services.issuer
  const flags = Object.fromEntries(
    command.filter((word: string) => word.startsWith('--')).map((word: string) => word.slice(2).split('=')),
  )
  expect(settings?.discoveryUrl).toBe(`${flags.url}/.well-known/openid-configuration`)
  expect(jwt.jwksUrl).toBe(`${flags.url}/jwks.json`)
  expect(new URL(flags.url).hostname).toBe('issuer')
  expect(ports).toEqual([`127.0.0.1:${new URL(flags['browser-url']).port}:${flags.port}`])
  expect(services.proxy.ports).toContain(`127.0.0.1:8081:${new URL(settings?.url ?? '').port}`)
})

test('the parts of compose.yaml fit each other and the service', async () => {
  const { services, volumes } = parse(await read('compose.yaml'), { merge: true })
  const files = new Set(globSync('**/*', { cwd: deploy }))
  for (const [name, service] of Object.entries<Manifest>(services)) {
    for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(services), name).toContain(other)
    for (const volume of service.volumes ?? []) {
      const [from] = volume.split(':')
      if (from.startsWith('./')) expect([...files], name).toContain(from.slice(2))
      else expect(Object.keys(volumes), name).toContain(from)
    }
    // Nothing listens outside this machine.
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/)
  }
  // As much as a listener itself takes: 1,000 ids of a fetch stand in its address.
  expect(await read('compose/nginx.conf')).toContain('large_client_header_buffers 4 256k;')
  for (const replica of ['replica-1', 'replica-2']) {
    const { environment, stop_grace_period: grace } = services[replica]
    expect(Object.keys(environment).filter((name) => !names.has(name))).toEqual([])
    expect(Number.parseInt(grace, 10)).toBeGreaterThanOrEqual(Number(environment.DRAIN_S) + 35)
    expect(await read('compose/nginx.conf')).toContain(`server ${replica}:8080`)
    expect(await read('compose/prometheus.yml')).toContain(`${replica}:8081`)
  }
})
