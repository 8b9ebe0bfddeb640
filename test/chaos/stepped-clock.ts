import { readFileSync } from 'node:fs'

/**
 * Loaded into a replica by `--import`: its clock is that of the machine and as many milliseconds as CLOCK_STEP_FILE
 * says, as after somebody set it. Time that only goes on (`performance.now`, timers) stays as it is.
 */
const file = process.env.CLOCK_STEP_FILE ?? ''
const RealDate = Date

function stepMs(): number {
  try {
    return Number(readFileSync(file, 'utf8')) || 0
  } catch {
    return 0
  }
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, self) =>
    Reflect.construct(target, given.length === 0 ? [RealDate.now() + stepMs()] : given, self),
  get: (target, key, self) => (key === 'now' ? () => RealDate.now() + stepMs() : Reflect.get(target, key, self)),
})
