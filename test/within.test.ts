import { expect, test } from 'vitest'
import { within } from '../src/within.ts'

const never = new Promise<string>(() => undefined)

test('a result in time is passed on, and so is a refusal', async () => {
  await expect(within(60_000, Promise.resolve('done'))).resolves.toBe('done')
  await expect(within(60_000, Promise.reject(new Error('refused')))).rejects.toThrow('refused')
})

test('work that takes longer gives undefined, or what the caller makes of it', async () => {
  await expect(within(1, never)).resolves.toBeUndefined()
  await expect(within(1, never, () => 'late')).resolves.toBe('late')
  const late = () => {
    throw new Error('no answer')
  }
  await expect(within(1, never, late)).rejects.toThrow('no answer')
})
