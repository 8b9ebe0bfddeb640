import type { Move } from '../kit/move.ts'

/** Observed records a second since the stage began; undefined while there is nothing to count. */
export interface ProgressPace {
  at(done: number): number | undefined
}

export function pace(nowMs: () => number = () => performance.now()): ProgressPace {
  let first: { done: number; atMs: number } | undefined
  return {
    at(done) {
      const atMs = nowMs()
      // Fewer than at the first look: the next stage counts from the start again.
      if (first === undefined || done < first.done) first = { done, atMs }
      const seconds = (atMs - first.atMs) / 1000
      return seconds < 0.2 || done === first.done ? undefined : (done - first.done) / seconds
    },
  }
}

/** Progress of the present stage: records copied, or records compared. */
export function doneOf(move: Move): number {
  return (move.state === 'verifying' ? move.progress?.verified : move.progress?.copied) ?? 0
}

/**
 * `[#########·····] 1,200 of 5,000 (24 %), 830/s, 5 s left`, with the parts that are known.
 * @param room characters for it; undefined: no bar.
 */
export function progressLine(move: Move, perSecond: number | undefined, room?: number): string {
  const total = move.progress?.total ?? null
  // In other states the numbers are those of a stage that is over.
  if (total === null || !isCounting(move)) return ''
  const done = doneOf(move)
  // A service of an older version counts more than there were when the copy began.
  if (done > total) return `${done.toLocaleString('en')} records`
  const share = total === 0 ? 100 : Math.floor((done / total) * 100)
  const count = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
  const rate = perSecond === undefined ? '' : `, ${Math.round(perSecond).toLocaleString('en')}/s`
  const secondsLeft = move.progress?.etaS ?? (perSecond === undefined ? undefined : (total - done) / perSecond)
  const left = secondsLeft === undefined || share >= 100 ? '' : `, ${timeLeft(secondsLeft)} left`
  const words = `${count} (${share} %)${rate}${left}`
  return `${room === undefined ? '' : drawBar(share, room - words.length - 1)}${words}`
}

/** Whether records are copied or compared now. */
export function isCounting({ state }: Move): boolean {
  return state === 'copying' || state === 'verifying'
}

const widest = 28
const narrowest = 6

/** A bar with its brackets and a blank; nothing where there is no room for one. */
export function drawBar(percent: number, room: number): string {
  const width = Math.min(widest, room - 2)
  if (width < narrowest) return ''
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width)
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}] `
}

export function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 90 ? `${whole} s` : whole < 5400 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`
}
