/** One completed stage. */
export interface StageNote {
  readonly stage: string
  /** Candidates that it passed on. */
  readonly candidates?: number
  readonly ms: number
}

/** Stages of one retrieval with their times, for explanations. */
export class Trace {
  readonly stages: StageNote[] = []

  /** @param sinceMs of `performance.now()` */
  note(stage: string, sinceMs: number, candidates?: number): void {
    const ms = Math.round((performance.now() - sinceMs) * 100) / 100
    this.stages.push({ stage, ...(candidates !== undefined && { candidates }), ms })
  }
}
