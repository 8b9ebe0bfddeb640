const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** `3 min ago`, `in 2 h`, `just now`; the date where that is more than 60 days away. */
export function relativeTime(iso: string, nowMs: number = Date.now()): string {
  const atMs = Date.parse(iso)
  if (Number.isNaN(atMs)) return iso
  const seconds = Math.round((nowMs - atMs) / 1000)
  const away = Math.abs(seconds)
  if (away < 2) return seconds < 0 ? 'now' : 'just now'
  if (away > 60 * 86_400) return iso.slice(0, 10)
  // Two units' worth: 90 minutes are no hour yet.
  const [name, unit] = units.find(([, one]) => away >= 2 * one) ?? ['s', 1]
  const words = `${Math.floor(away / unit)} ${name}`
  return seconds < 0 ? `in ${words}` : `${words} ago`
}

/** `2026-11-29 19:46:49 UTC (3 min ago)` */
export function timeWords(iso: string): string {
  return `${exactTime(iso)} (${relativeTime(iso)})`
}

/** `2026-11-29 19:46:49 UTC` */
export function exactTime(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const utc = date.toISOString()
  return `${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC`
}
