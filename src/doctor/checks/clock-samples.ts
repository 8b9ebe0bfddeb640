/** The difference between another machine's clock and ours, as far as one of its answers shows it. */
export interface ClockSample {
  readonly source: string
  /** Its clock is ahead of ours by at least and at most this much; negative: behind. */
  readonly aheadMs: readonly [least: number, most: number]
}

/**
 * The difference by an answer that states the time, which was read somewhere between question and answer.
 * @param toldMs the stated time, since 1970.
 * @param grainMs how much the statement leaves out: a header `Date` has whole seconds.
 */
export function clockSample(
  source: string,
  toldMs: number,
  { sentMs, receivedMs, grainMs }: { readonly sentMs: number; readonly receivedMs: number; readonly grainMs: number },
): ClockSample {
  return { source, aheadMs: [toldMs - receivedMs, toldMs + grainMs - sentMs] }
}

/**
 * The same by the headers of an HTTP answer; undefined where they state no time.
 * @param age seconds that a cache has kept the answer (RFC 9111, section 5.1).
 */
export function headerSample(
  source: string,
  headers: { readonly date: string | null | undefined; readonly age?: string | null },
  times: { readonly sentMs: number; readonly receivedMs: number },
): ClockSample | undefined {
  const toldMs = Date.parse(headers.date ?? '')
  const ageS = Number(headers.age ?? 0)
  if (!Number.isFinite(toldMs) || !Number.isFinite(ageS)) return undefined
  return clockSample(source, toldMs + ageS * 1000, { ...times, grainMs: headers.age ? 2_000 : 1_000 })
}
