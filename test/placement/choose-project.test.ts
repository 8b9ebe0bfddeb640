import { describe, expect, test } from 'vitest'
import { chooseProject, noProjectError, type Project, poolOf } from '../../src/placement/choose-project.ts'

const project = (name: string, change: Partial<Project> = {}): Project => ({
  name,
  cloud: 'aws',
  region: 'us-east-1',
  regions: [],
  holds: ['pool', 'silo'],
  indexLimit: 20,
  ...change,
})
const us = project('default')
const overflow = project('overflow', { indexLimit: 2 })
const eu = project('eu', { region: 'eu-west-1', regions: ['eu-central-1'] })
const vault = project('vault', { region: 'eu-west-1', holds: ['silo'] })
const all = [us, overflow, eu, vault]
const none = new Map<string, number>()

describe('chooseProject', () => {
  test('the first that serves the region is taken, the default one before the rest', () => {
    expect(chooseProject(all, none, { kind: 'pool', region: 'us-east-1' })).toEqual({ project: us })
    expect(chooseProject(all, none, { kind: 'pool', region: 'eu-west-1' })).toEqual({ project: eu })
    expect(chooseProject(all, none, { kind: 'silo', region: 'eu-central-1' })).toEqual({ project: eu })
  })

  test('a full one is skipped for the next that may', () => {
    const counts = new Map([
      ['default', 20],
      ['overflow', 1],
      ['eu', 20],
    ])
    expect(chooseProject(all, counts, { kind: 'pool', region: 'us-east-1' })).toEqual({ project: overflow })
    expect(chooseProject(all, counts, { kind: 'silo', region: 'eu-west-1' })).toEqual({ project: vault })
  })

  test('one whose limit was lowered below what it has takes no more', () => {
    expect(chooseProject([overflow], new Map([['overflow', 5]]), { kind: 'pool', region: 'us-east-1' })).toMatchObject({
      none: { reason: 'full' },
    })
  })

  test('where all that may are full, those are named, and no other is', () => {
    const counts = new Map([['eu', 20]])
    const wanted = { kind: 'pool', region: 'eu-west-1' } as const
    const choice = chooseProject(all, counts, wanted)
    expect(choice).toEqual({ none: { reason: 'full', full: [eu] } })
    const error = 'none' in choice ? noProjectError(choice.none, wanted) : undefined
    expect(error).toMatchObject({ code: 'index_limit_reached', message: expect.stringContaining("'eu' (20)") })
    expect(error?.message).not.toContain('vault')
  })

  test('a kind that no project of the region may hold is refused as policy, not as a limit', () => {
    const wanted = { kind: 'pool', region: 'eu-west-1' } as const
    const choice = chooseProject([us, vault], none, wanted)
    expect(choice).toEqual({ none: { reason: 'kind' } })
    expect('none' in choice && noProjectError(choice.none, wanted)).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('may hold a shared index in eu-west-1'),
    })
  })

  test('a region that no project serves is refused with those that are served', () => {
    const wanted = { kind: 'silo', region: 'ap-south-1' } as const
    const choice = chooseProject(all, none, wanted)
    expect('none' in choice && noProjectError(choice.none, wanted)).toMatchObject({
      code: 'invalid_request',
      message: 'No configured Pinecone project serves the region ap-south-1.',
      faults: [{ path: 'region', message: expect.stringContaining('us-east-1, eu-west-1, eu-central-1') }],
    })
  })

  test('a project alone serves every region', () => {
    const alone = project('default', { regions: 'any' })
    expect(chooseProject([alone], none, { kind: 'silo', region: 'ap-south-1' })).toEqual({ project: alone })
  })
})

test("a tenant's pool is the shared indexes of its region, in projects that may hold them there", () => {
  const shard = (of: string, region: string) => ({ project: of, region })
  const shards = [
    shard('eu', 'eu-west-1'),
    shard('vault', 'eu-west-1'),
    shard('gone', 'eu-west-1'),
    shard('eu', 'eu-north-1'),
    shard('overflow', 'us-east-1'),
    shard('default', 'us-east-1'),
  ]
  expect(poolOf(shards, all, 'eu-west-1')).toEqual([shard('eu', 'eu-west-1')])
  expect(poolOf(shards, all, 'us-east-1')).toEqual([shard('default', 'us-east-1'), shard('overflow', 'us-east-1')])
  // Some exist, but the policy lets them take no more.
  expect(poolOf(shards, all, 'eu-north-1')).toEqual([])
})
