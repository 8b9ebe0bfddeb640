/** What one stage did. */
export interface StageNote {
  readonly stage: string
  /** That it gave on. */
  readonly candidates?: number
  readonly ms: number
}

/** Stages of one retrieval and their times, for whoever asks for an explanation. */
export class Trace {
  readonly stages: StageNote[] = []

  /** @param sinceMs of `performance.now()` */
  note(stage: string, sinceMs: number, candidates?: number): void {
    const ms = Math.round((performance.now() - sinceMs) * 100) / 100
    this.stages.push({ stage, ...(candidates !== undefined && { candidates }), ms })
  }
}
