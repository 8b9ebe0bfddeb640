import type { ClockSample } from './clock-samples.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Tokens are accepted with this skew (docs/identity.md). */
const tokenSkewMs = 30_000
const closeMs = 2_000

/** This machine's clock against those of its dependencies, as far as their answers say. */
export function checkClock(samples: readonly ClockSample[]): readonly Finding[] {
  if (samples.length === 0) {
    return [warn('clock', 'no dependency stated its time', 'Mend the other lines, then run doctor again.')]
  }
  return samples.map(({ source, aheadMs: [least, most] }) => {
    const check = `clock ${source}`
    const skewMs = least > 0 ? least : most < 0 ? -most : 0
    if (skewMs <= closeMs) return ok(check, 'agrees with the clock of this machine')
    const found = `is ${Math.round(skewMs / 1000)} s ${least > 0 ? 'ahead of' : 'behind'} the clock of this machine`
    const fix = 'Synchronize both clocks by NTP; if several lines differ, it is the one of this machine.'
    return skewMs > tokenSkewMs
      ? fail(check, `${found}, and tokens are valid by 30 s of it`, fix)
      : warn(check, found, fix)
  })
}
