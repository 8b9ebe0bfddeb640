import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type SignedDeletionReceipt, verifyDeletionReceipt } from '../../../evidence/deletion-receipt.ts'
import type { AdminApi } from '../../kit/admin-api.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { showDocument } from '../../kit/show.ts'
import { wrapped } from '../../kit/table.ts'
import { trustedKey } from '../../kit/trusted-key.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface ShownReceipt extends SignedDeletionReceipt {
  readonly rechecks: readonly { readonly at: string; readonly found: readonly string[] }[]
}

export function tenantsReceipt(context: Context): Command {
  return readingVerb({
    usage: 'receipt <id>',
    summary: 'the signed receipt of a deletion; --json gives the file that verify-receipt takes',
    example: 'tenants receipt acme-bikes --json > receipt.json',
  }).action(async (id: string, options: ReadOptions) => printReceipt(context, await context.api(), id, options))
}

/** @throws CliError `refused` when the tenant has none */
export async function printReceipt(context: Context, api: AdminApi, id: string, options: ReadOptions): Promise<void> {
  const path = `/tenants/${encodeURIComponent(id)}/receipt`
  const shown = await api.send<ShownReceipt>({ method: 'GET', path })
  if (options.json) {
    context.writeJson(shown)
    return
  }
  const { receipt, keyId, rechecks } = shown
  showDocument(context, options, {
    tenant: receipt.tenantId,
    requested: `${receipt.requestedAt} by ${receipt.requestedBy}`,
    deleted: receipt.deletedAt,
    signed: keyId === null ? 'no: the deployment has no key' : `by the key ${keyId}`,
  })
  const columns = context.columns()
  const say = (text: string) => {
    if (columns === undefined) context.write(text)
    else for (const line of wrapped(text, '', '  ', columns)) context.write(line)
  }
  for (const { store, before, after } of receipt.stores) context.write(`  ${store}: ${before ?? 'gone'} → ${after}`)
  for (const words of receipt.proof) say(words)
  for (const { what, until } of receipt.notCovered) say(`Not covered: ${what}, until ${until}.`)
  for (const { at, found } of rechecks) {
    say(`Looked again ${at}: ${found.length === 0 ? 'nothing was found' : `found ${found.join(', ')}`}.`)
  }
}

interface VerifyOptions extends ReadOptions {
  readonly publicKey: string
}

export function tenantsVerifyReceipt(context: Context): Command {
  return readingVerb({
    usage: 'verify-receipt <file>',
    summary: 'verify a deletion receipt with the public key alone',
    example: 'tenants verify-receipt receipt.json --public-key key.pub.pem',
  })
    .requiredOption('--public-key <file>', 'the deployment’s public key (PEM)')
    .action(async (file: string, { publicKey, ...options }: VerifyOptions) => {
      const signed = await receiptIn(file)
      const faults = verifyDeletionReceipt(signed, [await trustedKey(publicKey)])
      const { tenantId, deletedAt } = signed.receipt
      if (options.json) context.writeJson({ tenantId, deletedAt, faults })
      else for (const fault of faults) context.write(fault)
      if (faults.length > 0) throw new CliError('failed', 'The receipt is not genuine.')
      if (!options.json) context.write(`Genuine: tenant ${tenantId} was deleted ${deletedAt}.`)
    })
}

async function receiptIn(path: string): Promise<SignedDeletionReceipt> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('failed', `${path} cannot be read.`, { cause })
  })
  try {
    const signed = JSON.parse(text) as SignedDeletionReceipt
    if (typeof signed.receipt.tenantId === 'string') return signed
  } catch {
    // It is no JSON.
  }
  throw new CliError('failed', `${path} is no deletion receipt: take the output of tenants receipt --json.`)
}
