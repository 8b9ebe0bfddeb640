import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type SignedIsolationReport, verifyIsolationReport } from '../../../evidence/isolation-report.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { printable } from '../../kit/printable.ts'
import { trustedKey } from '../../kit/trusted-key.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'
import { reportText } from './report-text.ts'

interface Options extends ReadOptions {
  readonly publicKey: readonly string[]
}

export function proveIsolationVerify(context: Context): Command {
  return readingVerb({
    usage: 'verify <file>',
    summary: 'check a report with the deployment’s public key alone: that it was signed, and not changed since',
    example: 'prove-isolation verify report.json --public-key signing-key.pub.pem',
  })
    .requiredOption('--public-key <files...>', 'the keys to trust, PEM')
    .action(async (file: string, { publicKey, ...options }: Options) => {
      const keys = await Promise.all(publicKey.map(trustedKey))
      const signed = await readReport(file)
      const faults = verifyIsolationReport(signed, keys)
      if (options.json) context.writeJson({ hash: signed.hash, outcome: signed.report.outcome, faults })
      else {
        for (const fault of faults) context.write(printable(fault))
        if (faults.length === 0) {
          for (const line of reportText(signed.report)) context.write(printable(line))
          context.write(`Genuine: signed by the key ${printable(String(signed.keyId))}; hash ${signed.hash}`)
        }
      }
      if (faults.length > 0) throw new CliError('failed', 'The report is not genuine.')
    })
}

async function readReport(file: string): Promise<SignedIsolationReport> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError('failed', `${file} cannot be read.`, { cause })
  })
  try {
    const signed = JSON.parse(text) as SignedIsolationReport
    if (typeof signed.report === 'object' && signed.report !== null && typeof signed.hash === 'string') return signed
  } catch {
    // It is said below.
  }
  throw new CliError('failed', `${file} is no report of prove-isolation.`)
}
