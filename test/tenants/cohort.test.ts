import { expect, test } from 'vitest'
import { ArrivalGroup } from '../../src/concurrency/arrival-group.ts'

const never = 2 ** 31 - 1

test('whoever waits for the others goes on when the last of them has arrived', async () => {
  const cohort = new ArrivalGroup(never)
  const [first, second] = [cohort.setOut(), cohort.setOut()]
  const heard: string[] = []
  const arrived = cohort.arrived().then(() => heard.push('all arrived'))
  first()
  first()
  await new Promise(setImmediate)
  expect(heard).toEqual([])
  second()
  await arrived
  expect(heard).toEqual(['all arrived'])
})

test('who sets out later is not waited for, and with nobody under way there is no wait', async () => {
  const cohort = new ArrivalGroup(never)
  await expect(cohort.arrived()).resolves.toBeUndefined()
  const first = cohort.setOut()
  const arrived = cohort.arrived()
  cohort.setOut()
  first()
  await expect(arrived).resolves.toBeUndefined()
})

test('one that does not arrive holds the others up for a short time only', async () => {
  const cohort = new ArrivalGroup(1)
  cohort.setOut()
  await expect(cohort.arrived()).resolves.toBeUndefined()
})
