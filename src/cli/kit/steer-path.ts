import { Option } from 'commander'
import { positiveNumber } from './arguments.ts'
import type { ChangeOptions } from './verb.ts'

export interface AcceptLossOptions extends ChangeOptions {
  readonly acceptLoss?: number
}

/** For a move that stands until a person decides. */
export function acceptLoss(): Option {
  const words = 'go on although as many records may be lost, as `moves show` says'
  return new Option('--accept-loss <records>', words).argParser(positiveNumber)
}

/** Where a verb that steers a move is sent. */
export function steerPath(id: string, verb: string, { acceptLoss }: AcceptLossOptions): string {
  return `/moves/${encodeURIComponent(id)}/${verb}${acceptLoss === undefined ? '' : `?acceptLoss=${acceptLoss}`}`
}
