import { Option } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import type { ChangeOptions } from '../kit/verb.ts'

export interface AcceptLossOptions extends ChangeOptions {
  readonly acceptLoss?: number
  readonly acceptRecall?: true
}

/** The option for a move that waits for a person's decision on lost records. */
export function acceptLossOption(): Option {
  const words = 'continue although this many records may be lost, as `moves show` reports'
  return new Option('--accept-loss <records>', words).argParser(positiveNumber)
}

/** Path of a request that steers a move. */
export function steerPath(id: string, verb: string, { acceptLoss, acceptRecall }: AcceptLossOptions): string {
  const query = new URLSearchParams()
  if (acceptLoss !== undefined) query.set('acceptLoss', String(acceptLoss))
  if (acceptRecall) query.set('acceptRecall', 'true')
  return `/moves/${encodeURIComponent(id)}/${verb}${query.size === 0 ? '' : `?${query}`}`
}
