import { readFile } from 'node:fs/promises'
import { type PublicKey, readPublicKey } from '../../evidence/signing-key.ts'
import { CliError } from './exit-code.ts'

/** Reads a public key that the caller trusts. @throws CliError `failed` with a sentence */
export async function trustedKey(path: string): Promise<PublicKey> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('failed', `${path} cannot be read.`, { cause })
  })
  try {
    return readPublicKey(pem)
  } catch (error) {
    throw new CliError('failed', `${path} ${error instanceof Error ? error.message : String(error)}.`)
  }
}
