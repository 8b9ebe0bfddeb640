import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-projects-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const enough = {
  DATABASE_URL: 'postgres://router:hunter2@db/router',
  PINECONE_API_KEY: 'pcsk_first_secret',
  PINECONE_API_KEY_EU: 'pcsk_eu_secret',
  OPENAI_API_KEY: 'sk-very-secret',
  JWT_ISSUER: 'https://id.example.com/',
  JWT_AUDIENCE: 'tenant-router',
  JWT_JWKS_URL: 'https://id.example.com/jwks.json',
}

const eu = {
  name: 'eu',
  apiKeyVariable: 'PINECONE_API_KEY_EU',
  cloud: 'aws',
  region: 'eu-west-1',
  indexLimit: 20,
  holds: ['pool', 'silo'],
}

let files = 0

/** Reads the configuration with a file of this content. */
async function read(content: unknown, env: Readonly<Record<string, string>> = {}) {
  const file = join(folder, `projects-${files++}.json`)
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readConfig({ ...enough, PINECONE_PROJECTS: file, ...env })
}

async function faultsOf(content: unknown, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return read(content, env).then(
    () => '',
    (error: Error) => error.message,
  )
}

test('without the file there is the project of the plain variables, and it serves every region', () => {
  const { projects } = readConfig({ ...enough, PINECONE_REGION: 'us-west-2', PROJECT_INDEX_LIMIT: '7' }).pinecone
  expect(projects).toMatchObject([
    {
      name: 'default',
      cloud: 'aws',
      region: 'us-west-2',
      regions: 'any',
      indexLimit: 7,
      holds: ['pool', 'silo'],
    },
  ])
  expect(projects[0].apiKey.reveal()).toBe('pcsk_first_secret')
})

test('the projects of the file follow the default one, each with the key of its variable', async () => {
  const further = {
    ...eu,
    name: 'eu-silos',
    apiKeyVariable: 'SILO_KEY',
    controllerHost: 'http://127.0.0.1:5081',
    regions: ['eu-central-1'],
    holds: ['silo'],
  }
  const { projects } = (await read([eu, further], { SILO_KEY: 'pcsk_silo_secret' })).pinecone
  expect(projects.map(({ name, apiKey }) => [name, apiKey.reveal()])).toEqual([
    ['default', 'pcsk_first_secret'],
    ['eu', 'pcsk_eu_secret'],
    ['eu-silos', 'pcsk_silo_secret'],
  ])
  expect(projects[0]).toMatchObject({ region: 'us-east-1', regions: [] })
  expect(projects[1]).toMatchObject({ region: 'eu-west-1', regions: [], indexLimit: 20, holds: ['pool', 'silo'] })
  expect(projects[1]).not.toHaveProperty('controllerHost')
  expect(projects[2]).toMatchObject({
    controllerHost: 'http://127.0.0.1:5081',
    regions: ['eu-central-1'],
    holds: ['silo'],
  })
  expect(inspect(projects, { depth: null }) + JSON.stringify(projects)).not.toMatch(/pcsk/)
})

test('all faults of the file are reported at once, with those of the other settings', async () => {
  const message = await faultsOf(
    [
      { ...eu, name: 'Eu!', holds: ['pool', 'shard'], index_limit: 3 },
      { ...eu, apiKeyVariable: 'NOT_SET', regions: 'eu-west-1' },
      { ...eu, name: 'other', apiKeyVariable: 'NOT_SET' },
      { name: 'other', controllerHost: 'ftp://x' },
      'eu',
    ],
    { PORT: 'eighty' },
  )
  const lines = message.split('\n').map((line) => line.trim())
  expect(lines).toEqual([
    '15 settings are wrong:',
    'PORT is "eighty": set a whole number from 0 to 65535',
    'PINECONE_PROJECTS has a fault in entry 1, name: must be up to 40 lower-case letters, digits and hyphens',
    'PINECONE_PROJECTS has a fault in entry 1, holds.1: must be pool or silo',
    'PINECONE_PROJECTS has a fault in entry 1: take out what nothing reads: "index_limit"',
    'PINECONE_PROJECTS has a fault in entry 2 (eu), regions: must be a list of regions',
    'PINECONE_PROJECTS names NOT_SET in entry 2 (eu), which is not set: set it to the key of the project',
    'PINECONE_PROJECTS names NOT_SET in entry 3 (other), which is not set: set it to the key of the project',
    'PINECONE_PROJECTS has a fault in entry 4 (other), apiKeyVariable: it is missing',
    'PINECONE_PROJECTS has a fault in entry 4 (other), controllerHost: must be a URL without user name and password',
    'PINECONE_PROJECTS has a fault in entry 4 (other), cloud: it is missing',
    'PINECONE_PROJECTS has a fault in entry 4 (other), region: it is missing',
    'PINECONE_PROJECTS has a fault in entry 4 (other), indexLimit: it is missing',
    'PINECONE_PROJECTS has a fault in entry 4 (other), holds: it is missing',
    'PINECONE_PROJECTS has in entry 4 (other) a name that is taken: give each project a name and a key of its own',
    'PINECONE_PROJECTS has a fault in entry 5: must be an object',
  ])
})

test('two of one name, or of one key, are refused: it would be one project counted twice', async () => {
  expect(await faultsOf([eu, { ...eu, apiKeyVariable: 'ANOTHER' }], { ANOTHER: 'pcsk_another' })).toContain(
    'entry 2 (eu) a name that is taken: give each project a name and a key of its own',
  )
  expect(await faultsOf([{ ...eu, name: 'default' }])).toContain('entry 1 (default) a name that is taken')
  expect(await faultsOf([{ ...eu, apiKeyVariable: 'PINECONE_API_KEY' }])).toContain(
    'entry 1 (eu) the key of project default',
  )
  expect(await faultsOf([eu, { ...eu, name: 'b' }])).toContain('entry 2 (b) the key of project eu')
  // The same word at another address is another project, as with servers that take any key.
  const elsewhere = { ...eu, apiKeyVariable: 'PINECONE_API_KEY', controllerHost: 'http://127.0.0.1:5082' }
  expect(await faultsOf([elsewhere])).toBe('')
})

test.each([
  ['a key where the name of its variable belongs', [{ ...eu, apiKeyVariable: 'pcsk_pasted_secret' }]],
  ['a key under a name of its own', [{ ...eu, apiKey: 'pcsk_pasted_secret' }]],
  ['a key in a file that is not JSON', '[{"apiKeyVariable": pcsk_pasted_secret}]'],
  ['a key in an address', [{ ...eu, controllerHost: 'https://me:pcsk_pasted_secret@host' }]],
])('%s is a fault that does not show it', async (_, content) => {
  const message = await faultsOf(content)
  expect(message).toContain('PINECONE_PROJECTS')
  expect(message).not.toContain('secret')
})

test('a file that is not there, or holds no list, is a fault', async () => {
  expect(await faultsOf([], { PINECONE_PROJECTS: '/nowhere/projects.json' })).toContain(
    'PINECONE_PROJECTS names "/nowhere/projects.json", which cannot be read (ENOENT)',
  )
  expect(await faultsOf({ projects: [eu] })).toContain('which is not a JSON list')
})
