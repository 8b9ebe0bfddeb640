import { describe, expect, test } from 'vitest'
import { type Job, nextSlice } from '../../src/models/fair-queue.ts'

const job = (name: string, count: number, length = 10): Job => ({
  texts: Array.from({ length: count }, (_, at) => `${name}${at} `.padEnd(length, '.')),
  taken: 0,
})
const names = (texts: readonly string[]) => texts.map((text) => text.split(' ')[0])

describe('a slice of waiting texts', () => {
  test('takes one of each job in turn, so a query does not wait for a document', () => {
    const jobs = [job('document', 100), job('query', 1), job('other', 2)]
    expect(names(nextSlice(jobs).texts)).toEqual([
      'document0',
      'query0',
      'other0',
      'document1',
      'other1',
      'document2',
      'document3',
      'document4',
    ])
    expect(jobs).toHaveLength(1)
  })

  test('begins with who waited longest since', () => {
    const jobs = [job('a', 10), job('b', 10), job('c', 10)]
    nextSlice(jobs)
    expect(names(nextSlice(jobs).texts).slice(0, 3)).toEqual(['c2', 'a3', 'b3'])
  })

  test('has fewer of the texts that take longer', () => {
    expect(nextSlice([job('long', 10, 1_000)]).texts).toHaveLength(2)
    expect(nextSlice([job('huge', 10, 1_000_000)]).texts).toHaveLength(2)
  })

  test('hands out each text once, with its owner and place', () => {
    const jobs = [job('a', 13), job('b', 7)]
    const [a, b] = jobs
    const seen: string[] = []
    for (let slice = nextSlice(jobs); slice.texts.length > 0; slice = nextSlice(jobs)) {
      slice.owners.forEach(({ job: owner, position }, at) => {
        expect(owner.texts[position]).toBe(slice.texts[at])
        seen.push(`${owner === a ? 'a' : 'b'}${position}`)
      })
    }
    expect(new Set(seen).size).toBe(20)
    expect(seen).toHaveLength((a?.texts.length ?? 0) + (b?.texts.length ?? 0))
  })

  test('of no job is empty', () => {
    expect(nextSlice([])).toEqual({ texts: [], owners: [] })
  })
})
