import type { Command } from 'commander'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { printable } from '../../kit/printable.ts'
import { trustedKey } from '../../kit/trusted-key.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'
import { linesOfFile, linesOfService } from './export-lines.ts'
import { lastRowOf, verifyLines } from './verify-lines.ts'

interface Options extends ReadOptions {
  readonly publicKey?: readonly string[]
  readonly against?: string
}

export function auditVerify(context: Context): Command {
  return readingVerb({
    usage: 'verify [file]',
    summary: 'check that no audit row was changed, removed or reordered: of the service, or of an export',
    example: 'audit verify audit.ndjson --public-key signing-key.pub.pem',
  })
    .option('--public-key <files...>', 'the keys to trust, PEM; without it, those that the service or the export names')
    .option('--against <export>', 'an earlier export, whose last row must still be there')
    .action(async (file: string | undefined, { publicKey, against, ...options }: Options) => {
      const keys = publicKey === undefined ? undefined : await Promise.all(publicKey.map(trustedKey))
      const seen = against === undefined ? undefined : await lastRowOf(linesOfFile(against))
      const lines = file === undefined ? linesOfService(await context.api()) : linesOfFile(file)
      const report = await verifyLines(lines, keys, seen)
      const { rows, signedTo, faults } = report
      if (options.json) context.writeJson(report)
      else for (const fault of faults) context.write(printable(fault))
      if (faults.length > 0) throw new CliError('failed', `The audit is not whole: ${count(faults.length, 'fault')}.`)
      if (!options.json) context.write(`${count(rows, 'row')}, whole; ${signedWords(rows, signedTo)}`)
      if (file === undefined) await tellUnchained(context)
      if (keys === undefined && signedTo > 0)
        context.remark('The public keys come from the same source as the rows: --public-key names the ones you trust.')
    })
}

/** Tells of rows of the service that have no place in the chain yet, and so were not verified. */
async function tellUnchained(context: Context): Promise<void> {
  const state = { method: 'GET', path: '/audit/state' } as const
  const { unchained, unchainedSince } = await (await context.api()).send<ChainState>(state)
  if (unchained === 0) return
  const since = `the oldest since ${unchainedSince}`
  context.remark(
    `${count(unchained, 'row')} not in the chain yet and not verified, ${since}; a replica chains each second.`,
  )
}

interface ChainState {
  readonly unchained: number
  readonly unchainedSince: string | null
}

function signedWords(rows: number, signedTo: number): string {
  if (signedTo === 0) return 'none of them is signed.'
  return signedTo >= rows ? 'all of them are signed.' : `the first ${signedTo} are signed.`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
