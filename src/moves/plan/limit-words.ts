import { listSettings, paceSettings, upsertByteSettings, upsertSettings, vendorRates } from '../pace/pace-settings.ts'
import { indexStartS } from './plan-steps.ts'
import type { Speeds, StageLimitName } from './stage-limits.ts'

/** Facts that the words name. */
export interface LimitFacts {
  readonly speeds: Speeds
  readonly lanes: number
  readonly tokensPerMinute: number
}

/** A limit in words for an operator, as in `the vendor’s 50 MB of upserts a second, of which a mover takes 45`. */
export function limitWords(limit: StageLimitName, { speeds, lanes, tokensPerMinute }: LimitFacts): string {
  switch (limit) {
    case 'fetches':
      return `the vendor’s ${vendorRates.fetch} fetches a second of an index, of which a mover takes ${paceSettings.maxPerSecond}`
    case 'lists':
      return `the vendor’s ${vendorRates.list} lists a second of an index, of which a mover takes ${listSettings.maxPerSecond}`
    case 'upserts':
      return `the vendor’s ${vendorRates.upsert} upserts a second into a namespace, of which a mover takes ${upsertSettings.maxPerSecond}`
    case 'upsert_bytes':
      return `the vendor’s ${vendorRates.upsertBytes / 1e6} MB of upserts a second, of which a mover takes ${upsertByteSettings.maxPerSecond / 1e6}`
    case 'answers': {
      const answer = `gives 100 ids an answer, and an answer takes ${ms(speeds.listMs)}`
      return lanes === 1 ? `one listing ${answer}` : `a listing ${answer}; ${lanes} list at once (MOVE_LANES)`
    }
    case 'puts':
      return `an upsert is answered after ${ms(speeds.upsertMs)}, and a lane has four under way`
    case 'processor':
      return `this replica’s processor: it reads and writes a million such records in ${amount(speeds.processorS)} s`
    case 'model_budget':
      return `the budget of ${amount(tokensPerMinute)} tokens a minute (REEMBED_TOKENS_PER_MINUTE)`
    case 'new_index':
      return `the vendor takes about ${indexStartS} s to start an index`
    case 'replicas':
      return 'every replica has to hear of the move'
  }
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : amount(value)} ms`
}

function amount(value: number): string {
  return Math.round(value).toLocaleString('en')
}
