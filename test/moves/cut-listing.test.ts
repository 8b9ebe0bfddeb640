import { expect, test } from 'vitest'
import type { CopiedPage } from '../../src/moves/verify/copied-pages.ts'
import { type Cut, ListingCutter } from '../../src/moves/verify/cut-listing.ts'
import { Draw } from '../sim/draw.ts'

async function* each(pages: readonly CopiedPage[]): AsyncGenerator<CopiedPage, undefined> {
  yield* pages
  return undefined
}

const pageOf = (ids: readonly string[]): CopiedPage => ({
  firstId: ids.at(0) ?? '',
  lastId: ids.at(-1) ?? '',
  records: ids.length,
  digest: ids.join(),
})

/** Cuts a listing that comes in some pages, and says how many ids were held back between them at most. */
async function cutAll(listing: readonly (readonly string[])[], pages: readonly CopiedPage[]) {
  const cutter = new ListingCutter(each(pages))
  const cuts: Cut[] = []
  for (const [at, ids] of listing.entries()) {
    const made = await cutter.add(ids, at === listing.length - 1)
    cuts.push(...made)
    const held = listing.slice(0, at + 1).flat().length - cuts.flatMap((cut) => cut.ids).length
    expect(held === 0).toBe(cutter.isEven)
    expect(held).toBeLessThanOrEqual(Math.max(0, ...pages.map(({ records }) => records)))
  }
  return cuts
}

test('a listing is cut along the kept pages, whichever pages it comes in', async () => {
  const pages = [['a', 'b'], ['c', 'd', 'e'], ['h']].map(pageOf)
  const expected = [
    // The first is read again, as one of 32 is.
    { ids: ['a', 'b'], page: undefined },
    { ids: ['c', 'd', 'e'], page: pages[1] },
    { ids: ['f', 'g'], page: undefined },
    { ids: ['h'], page: pages[2] },
    { ids: ['i'], page: undefined },
  ]
  expect(await cutAll([[...'abcdefghi']], pages)).toEqual(expected)
  expect(await cutAll([['a'], [], [...'bc'], ['d'], [...'efg'], [...'hi'], []], pages)).toEqual(expected)
})

test('a page with an id more, an id fewer or none at all speaks for nothing', async () => {
  const pages = [['a'], ['c', 'e'], ['g', 'i'], ['k', 'm'], ['p']].map(pageOf)
  const cuts = await cutAll([[...'acde'], [...'g'], [...'p']], pages)
  expect(cuts.map(({ ids, page }) => [ids.join(''), page?.digest])).toEqual([
    ['a', undefined],
    ['cde', undefined],
    ['g', undefined],
    ['p', 'p'],
  ])
})

test('however ids come and go and pages lie, each id is in one cut, and each page but the samples is found', async () => {
  const draw = new Draw(7)
  for (let round = 0; round < 300; round += 1) {
    const all = Array.from({ length: 60 + draw.below(200) }, (_, n) => `r${String(n).padStart(3, '0')}`)
    const [pages, copied]: [CopiedPage[], string[][]] = [[], []]
    for (let at = 0; at < all.length; ) {
      const ids = all.slice(at, at + 1 + draw.below(9))
      at += ids.length
      if (draw.chance(0.2)) continue
      pages.push(pageOf(ids))
      copied.push(ids)
    }
    const change = draw.below(100) / 1_000
    const now = all.flatMap((id) => {
      if (draw.chance(change)) return []
      return draw.chance(change) ? [id, `${id}-new`] : [id]
    })
    const listing: string[][] = []
    for (let at = 0; at < now.length; ) {
      const ids = now.slice(at, at + 1 + draw.below(25))
      at += ids.length
      listing.push(ids)
    }
    const cuts = await cutAll(listing, pages)
    expect(cuts.flatMap(({ ids }) => ids)).toEqual(now)
    for (const { ids, page } of cuts) {
      if (page === undefined) continue
      expect(ids.length).toBe(page.records)
      expect([ids.every((id) => id >= page.firstId && id <= page.lastId), ids.length > 0]).toEqual([true, true])
    }
    const listed = new Set(now)
    const whole = copied.filter((ids) => ids.every((id) => listed.has(id)) && !now.some((id) => isBetween(id, ids)))
    const found = new Set(cuts.flatMap(({ page }) => page?.firstId ?? []))
    const sampled = whole.filter(([first = '']) => !found.has(first))
    expect(sampled.length).toBeLessThanOrEqual(Math.ceil(pages.length / 32))
  }
})

/** An id that no page had, within one. */
function isBetween(id: string, ids: readonly string[]): boolean {
  return !ids.includes(id) && id > (ids.at(0) ?? '') && id < (ids.at(-1) ?? '')
}
