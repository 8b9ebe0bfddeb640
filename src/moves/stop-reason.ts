/** Why a move stands until a person decides, as it is kept in its row. */
export interface StopReason {
  /** What was found, in words for a person. */
  readonly words: string
  /** Records that going on gives up; `acceptLoss` has to name at least as many. */
  readonly records: number
}
