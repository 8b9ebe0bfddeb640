import { type ChainReport, ChainVerifier, type Checkpoint } from '../../../evidence/audit-chain.ts'
import type { PublicKey } from '../../../evidence/signing-key.ts'
import type { ExportLine } from './export-lines.ts'

/** A row that was seen before, in an earlier export. */
export interface SeenRow {
  readonly position: number
  readonly hash: string
}

/**
 * Verifies a chain line by line.
 * @param keys trusted keys; undefined: those that the lines bring themselves.
 * @param seen the last row of an earlier export, which the chain must still have.
 */
export async function verifyLines(
  lines: AsyncIterable<ExportLine>,
  keys: readonly PublicKey[] | undefined,
  seen: SeenRow | undefined,
): Promise<ChainReport> {
  const checkpoints: Checkpoint[] = []
  let given: readonly PublicKey[] = []
  let verifier: ChainVerifier | undefined
  let found: string | undefined
  const begin = () => new ChainVerifier(keys ?? given, checkpoints)
  for await (const line of lines) {
    if (line.kind === 'keys') given = line.keys
    else if (line.kind === 'checkpoint') checkpoints.push(line)
    else {
      verifier ??= begin()
      verifier.row(line)
      if (line.position === seen?.position) found = line.hash
    }
  }
  const report = (verifier ?? begin()).end()
  if (seen === undefined || found === seen.hash) return report
  const words =
    found === undefined
      ? `The earlier export ends at row ${seen.position}, and the chain ends before it.`
      : `The row ${seen.position}, at which the earlier export ends, is another one now: the rows up to it were rewritten.`
  return { ...report, faults: [...report.faults, words] }
}

/** The last row of an export. */
export async function lastRowOf(lines: AsyncIterable<ExportLine>): Promise<SeenRow | undefined> {
  let last: SeenRow | undefined
  for await (const line of lines) if (line.kind === 'row') last = { position: line.position, hash: line.hash }
  return last
}
