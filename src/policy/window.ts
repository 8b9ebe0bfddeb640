export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export type Weekday = (typeof weekdays)[number]

/** Hours in which moves may begin. A window across midnight belongs to the day it begins on. */
export interface MaintenanceWindow {
  readonly days: readonly Weekday[]
  /** `HH:MM` in `timeZone`. */
  readonly from: string
  /** Exclusive end. */
  readonly to: string
  /** An IANA name, as in `Europe/Berlin`. */
  readonly timeZone: string
}

export function isOpen({ days, from, to, timeZone }: MaintenanceWindow, atEpochMs: number): boolean {
  const { day, time } = wallClock(atEpochMs, timeZone)
  if (from < to) return days.includes(day) && from <= time && time < to
  return (time >= from && days.includes(day)) || (time < to && days.includes(dayBefore(day)))
}

function wallClock(atEpochMs: number, timeZone: string): { readonly day: Weekday; readonly time: string } {
  const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const parts = new Map(
    new Intl.DateTimeFormat('en-GB', options).formatToParts(atEpochMs).map(({ type, value }) => [type, value]),
  )
  const short = parts.get('weekday')?.toLowerCase()
  const day = weekdays.find((one) => one === short)
  if (day === undefined) throw new Error(`a weekday is not called ${short}`)
  return { day, time: `${parts.get('hour')}:${parts.get('minute')}` }
}

function dayBefore(day: Weekday): Weekday {
  return weekdays[(weekdays.indexOf(day) + 6) % 7] ?? day
}
