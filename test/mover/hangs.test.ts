import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { moverConfigOf } from '../../src/mover/messages.ts'
import { MoverThread } from '../../src/mover/mover-thread.ts'
import { moveSettingsOf } from '../../src/parts/moves.ts'
import { tenantSettingsOf } from '../../src/parts/tenant-settings.ts'
import { MoverWorld } from './mover-world.ts'

test('a thread that answers is left alone, and one that does not is ended and counted', async () => {
  await using world = await MoverWorld.open()
  const a = await world.replica({ MOVER: 'here' })
  await world.tenant(a, 'acme', 50)
  world.holdFetches()
  await world.untilCopying(await world.promote(a, 'acme'))

  const threads: Worker[] = []
  const lines: string[] = []
  const deaths = vi.fn()
  const config = world.service.config()
  const due = new Map<number, () => void>()
  const clock = {
    ...systemClock,
    every(ms: number, run: () => void) {
      due.set(ms, run)
      return { stop: () => undefined }
    },
  }
  const settings = moveSettingsOf(config, tenantSettingsOf(config, {}))
  await using mover = new MoverThread(
    { config: moverConfigOf(config), settings, logLevel: 'info' },
    {
      database: world.service.home,
      log: pino({ level: 'info' }, { write: (line) => void lines.push(line) }),
      recentQueries: { of: () => [], pairs: () => [] },
      onCall: () => undefined,
      onUse: () => undefined,
      onDeath: deaths,
      onThread: (thread) => void threads.push(thread),
    },
    clock,
  )
  await mover.start()
  await vi.waitFor(() => expect(threads).toHaveLength(1), { timeout: 60_000 })
  const [thread] = threads
  const ping = due.get(10_000)
  if (thread === undefined || ping === undefined) throw new Error('a started mover has a thread, and pings it')
  await once(thread, 'message')
  for (let n = 0; n < 5; n += 1) {
    const heard = once(thread, 'message')
    ping()
    expect(await heard).toMatchObject([{ kind: 'pong' }])
  }
  expect(deaths).not.toHaveBeenCalled()
  // Nothing of it is heard between these.
  const ended = once(thread, 'exit')
  for (let n = 0; n < 4; n += 1) ping()
  await ended
  expect(deaths).toHaveBeenCalledTimes(1)
  expect(mover.isUp).toBe(false)
  expect(lines.join('')).toContain("the mover's thread has not answered for 30 s")
})
