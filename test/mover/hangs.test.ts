import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { moverConfigOf } from '../../src/mover/messages.ts'
import { MoverThread } from '../../src/mover/mover-thread.ts'
import { moveSettingsOf } from '../../src/parts/moves.ts'
import { tenantSettingsOf } from '../../src/parts/tenant-settings.ts'
import { MoverWorld, type ThreadReplica } from './mover-world.ts'

const patient = { timeout: 60_000, interval: 50 }
let world: MoverWorld
let a: ThreadReplica
let moveId: string
let release: () => void

beforeEach(async () => {
  world = await MoverWorld.open()
  a = await world.replica({ MOVER: 'here' })
  await world.tenant(a, 'acme', 50)
  release = world.holdFetches()
  moveId = await world.promote(a, 'acme')
  await world.untilCopying(moveId)
})
afterEach(() => world[Symbol.asyncDispose]())

/**
 * The mover of one more replica, whose looks and pings are made by hand, and whose clock goes when the test says so.
 * @param onThread called when a thread is begun: nothing of it can be heard yet.
 */
function moverByHand(onThread: (thread: Worker) => void = () => undefined) {
  const threads: Worker[] = []
  const lines: string[] = []
  const deaths = vi.fn()
  const due = new Map<number, () => void>()
  const time = { aheadMs: 0 }
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + time.aheadMs,
    every(ms: number, run: () => void) {
      due.set(ms, run)
      return { stop: () => undefined }
    },
  }
  const config = world.service.config()
  const settings = moveSettingsOf(config, tenantSettingsOf(config, {}))
  const mover = new MoverThread(
    { config: moverConfigOf(config), settings, logLevel: 'info' },
    {
      database: world.service.home,
      log: pino({ level: 'info' }, { write: (line) => void lines.push(line) }),
      recentQueries: { of: () => [], pairs: () => [] },
      onCall: () => undefined,
      onUse: () => undefined,
      onDeath: deaths,
      onThread(thread) {
        threads.push(thread)
        onThread(thread)
      },
    },
    clock,
  )
  const every = (ms: number) => () => due.get(ms)?.()
  return { mover, threads, lines, deaths, time, ping: every(10_000), look: every(2_000) }
}

test('a thread that answers is left alone, and one that does not is ended and counted', async () => {
  const { mover, threads, lines, deaths, ping } = moverByHand()
  await using _ = mover
  await mover.start()
  const thread = await firstOf(threads)
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

test('a thread that takes long to start is left alone, and one that does not start is ended', async () => {
  const exit = vi.fn()
  const { mover, threads, lines, deaths, time, ping } = moverByHand((thread) => {
    thread.on('exit', exit)
    for (let n = 0; n < 6; n += 1) ping()
    time.aheadMs += 110_000
    ping()
    // The second one has no more time.
    if (threads.length === 1) return
    time.aheadMs += 10_000
    ping()
  })
  await using _ = mover
  await mover.start()
  const thread = await firstOf(threads)
  expect(deaths).not.toHaveBeenCalled()
  const heard = once(thread, 'message')
  ping()
  expect(await heard).toMatchObject([{ kind: 'pong' }])
  await thread.terminate()
  await vi.waitFor(() => expect(exit.mock.calls.length).toBeGreaterThan(1), patient)
  expect(deaths.mock.calls.length).toBeGreaterThan(1)
  expect(lines.join('')).toContain("the mover's thread has not started within 120 s")
})

test('a thread ends ten minutes after the last open move, which is no death, and the next move starts one', async () => {
  const { mover, threads, deaths, time, look } = moverByHand()
  await using _ = mover
  await mover.start()
  const thread = await firstOf(threads)
  const exit = vi.fn()
  thread.on('exit', exit)
  // The move is as open as it was.
  time.aheadMs += 3_600_000
  for (let n = 0; n < 3; n += 1) {
    look()
    await vi.waitFor(async () => expect(await openMoves()).toBe(1))
  }
  expect(exit).not.toHaveBeenCalled()
  await world.cancel(a, moveId)
  release()
  await world.until(moveId, 'cancelled')
  time.aheadMs += 590_000
  look()
  expect(exit).not.toHaveBeenCalled()
  time.aheadMs += 20_000
  await vi.waitFor(() => {
    look()
    expect(exit).toHaveBeenCalledWith(0)
  }, patient)
  expect(deaths).not.toHaveBeenCalled()
  expect(mover.isUp).toBe(true)
  await world.promote(a, 'acme')
  await vi.waitFor(() => {
    look()
    expect(threads).toHaveLength(2)
  }, patient)
})

test('a thread that is to end and does not is ended, and the next move starts one', async () => {
  const { mover, threads, lines, deaths, time, look } = moverByHand()
  await using _ = mover
  await mover.start()
  const thread = await firstOf(threads)
  const exit = vi.fn()
  thread.on('exit', exit)
  const post = thread.postMessage.bind(thread)
  const told = vi.spyOn(thread, 'postMessage').mockImplementation((message) => {
    if (message.kind !== 'stop') post(message)
  })
  await world.cancel(a, moveId)
  release()
  await world.until(moveId, 'cancelled')
  time.aheadMs += 610_000
  await vi.waitFor(() => {
    look()
    expect(told).toHaveBeenCalledWith({ kind: 'stop' })
  }, patient)
  await world.promote(a, 'acme')
  await vi.waitFor(() => {
    look()
    expect(threads).toHaveLength(2)
  }, patient)
  expect(exit).toHaveBeenCalledTimes(1)
  expect(deaths).not.toHaveBeenCalled()
  expect(lines.join('')).toContain('did not give its moves back in time')
})

/** The first thread, once it is heard. */
async function firstOf(threads: readonly Worker[]): Promise<Worker> {
  await vi.waitFor(() => expect(threads).toHaveLength(1), patient)
  const [thread] = threads
  if (thread === undefined) throw new Error('a started mover has a thread')
  await once(thread, 'message')
  return thread
}

async function openMoves(): Promise<number> {
  const [row] = await world.service.home.sql`select count(*)::int as open from moves where ended_at is null`
  return row?.open
}
