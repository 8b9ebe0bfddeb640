import { expect, test } from 'vitest'
import { type HeldPlace, type HeldTenant, judgeTenant } from '../../src/reconcile/restore/judge-tenant.ts'

const place = (generation: number, state: HeldPlace['state'], isSeen = true): HeldPlace => ({
  generation,
  state,
  isSeen,
})
const judged = (places: readonly HeldPlace[], more: Partial<HeldTenant> = {}) => {
  const { verdict, ...rest } = judgeTenant({ was: 'active', phase: 'steady', isMoving: false, places, ...more })
  return [verdict, ...Object.values(rest)]
}

test('a held tenant is served without a person only where the store shows its place and no other', () => {
  expect(judged([place(1, 'active')])).toEqual(['same'])
  expect(judged([place(1, 'active'), place(2, 'found')])).toEqual(['unclear'])
  expect(judged([place(1, 'active', false), place(2, 'found')])).toEqual(['moved', 2])
  expect(judged([place(1, 'active', false), place(2, 'found'), place(3, 'found')])).toEqual(['unclear'])
  expect(judged([place(1, 'active', false)])).toEqual(['erased'])
  // Given up before the backup: dead for good, whatever the store still shows.
  expect(judged([place(1, 'retiring'), place(2, 'active')])).toEqual(['same'])
  expect(judged([place(1, 'retiring'), place(2, 'active', false)])).toEqual(['erased'])
  // A move was under way: nobody knows how far it came.
  const moving = { phase: 'track', isMoving: true } as const
  expect(judged([place(1, 'active'), place(2, 'follower')], moving)).toEqual(['unclear'])
  expect(judged([place(1, 'active', false), place(2, 'follower')], moving)).toEqual(['unclear', 2])
  expect(judged([place(1, 'active'), place(2, 'follower', false)], { isMoving: true })).toEqual(['unclear', 1])
  // Work that was under way goes on, unless the store shows a later life.
  expect(judged([place(1, 'active')], { was: 'offboarding' })).toEqual(['same'])
  expect(judged([place(1, 'active'), place(2, 'found')], { was: 'offboarding' })).toEqual(['unclear'])
  expect(judged([place(1, 'reserved', false)], { was: 'provisioning', phase: undefined })).toEqual(['same'])
  expect(judged([place(1, 'reserved', false), place(2, 'found')], { was: 'provisioning' })).toEqual(['moved', 2])
  for (const was of [null, 'offboarded'] as const) {
    expect(judged([place(3, 'found')], { was, phase: undefined })).toEqual(['new', 3])
    expect(judged([place(3, 'found'), place(4, 'found')], { was, phase: undefined })).toEqual(['unclear'])
  }
})
