import type { Move } from '../move.ts'

/** Records a second since the watch began to see them go; undefined while there is nothing to count. */
export interface Pace {
  at(copied: number): number | undefined
}

export function pace(nowMs: () => number = () => performance.now()): Pace {
  let first: { copied: number; atMs: number } | undefined
  return {
    at(copied) {
      const atMs = nowMs()
      if (first === undefined || copied < first.copied) first = { copied, atMs }
      const seconds = (atMs - first.atMs) / 1000
      return seconds < 0.2 || copied === first.copied ? undefined : (copied - first.copied) / seconds
    },
  }
}

/** `[#########·····] 1,200 of 5,000 (24 %), 830/s, 5 s left`, as far as it is known. */
export function progressLine(move: Move, perSecond: number | undefined, bar: boolean): string {
  const { copied = 0, total = null, percent = null, etaS = null } = move.progress ?? {}
  if (total === null) return ''
  const count = `${copied.toLocaleString('en')} of ${total.toLocaleString('en')}`
  const share = percent ?? (total === 0 ? 100 : Math.floor((copied / total) * 100))
  const rate = perSecond === undefined ? '' : `, ${Math.round(perSecond).toLocaleString('en')}/s`
  const secondsLeft = etaS ?? (perSecond === undefined ? undefined : (total - copied) / perSecond)
  const left = secondsLeft === undefined || share >= 100 ? '' : `, ${timeLeft(secondsLeft)} left`
  return `${bar ? `${drawBar(share)} ` : ''}${count} (${Math.round(share)} %)${rate}${left}`
}

function drawBar(percent: number): string {
  const width = 28
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width)
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}]`
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 90 ? `${whole} s` : whole < 5400 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`
}
