import { describe, expect, test } from 'vitest'
import { impossible, Monitor } from '../../model/monitor.ts'
import { absent } from '../../model/state.ts'

const theFirst = 0

describe('the linearizability monitor', () => {
  test('lets a read see a write that is under way, or not', () => {
    const monitor = new Monitor()
    const writing = monitor.beginWrite(monitor.start, 1, false)
    expect(monitor.mayShow(writing, theFirst)).toBe(true)
    expect(monitor.mayShow(writing, 1)).toBe(true)
    expect(monitor.mayShow(writing, absent)).toBe(false)
  })

  test('lets nothing older be seen once a write is answered', () => {
    const monitor = new Monitor()
    const answered = monitor.answerWrite(monitor.beginWrite(monitor.start, 1, true), 1)
    expect(monitor.mayShow(answered, absent)).toBe(true)
    expect(monitor.mayShow(answered, theFirst)).toBe(false)
  })

  test('lets a read that began before an answered write return what was there before it', () => {
    const monitor = new Monitor()
    const reading = monitor.beginRead(monitor.start, 0)
    const answered = monitor.answerWrite(monitor.beginWrite(reading, 1, false), 1)
    expect(monitor.endRead(answered, 0, theFirst)).not.toBe(impossible)
    expect(monitor.endRead(answered, 0, 1)).not.toBe(impossible)
    expect(monitor.endRead(answered, 0, absent)).toBe(impossible)
  })

  test('does not let two reads in a row see a write and then not', () => {
    const monitor = new Monitor()
    const writing = monitor.beginWrite(monitor.start, 1, false)
    const seen = monitor.endRead(monitor.beginRead(writing, 0), 0, 1)
    expect(monitor.endRead(monitor.beginRead(seen, 1), 1, theFirst)).toBe(impossible)
    expect(monitor.endRead(monitor.beginRead(seen, 1), 1, 1)).not.toBe(impossible)
  })

  test('lets a write that was never answered take effect late, after an answered one', () => {
    const monitor = new Monitor()
    const pending = monitor.beginWrite(monitor.start, 1, false)
    const both = monitor.answerWrite(monitor.beginWrite(pending, 2, true), 2)
    expect(monitor.mayShow(both, absent)).toBe(true)
    expect(monitor.mayShow(both, 1)).toBe(true)
    const answered = monitor.answerWrite(both, 1)
    expect(monitor.mayShow(answered, theFirst)).toBe(false)
  })

  test('asks nothing of a read that was broken off', () => {
    const monitor = new Monitor()
    const reading = monitor.beginRead(monitor.start, 1)
    expect(monitor.endRead(reading, 1)).toBe(monitor.start)
  })
})
