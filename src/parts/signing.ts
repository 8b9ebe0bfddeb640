import type { Config } from '../config/config.ts'
import { readSigningKey, type SigningKey } from '../evidence/signing-key.ts'

/** The deployment's key, which signs the audit, reports and receipts; absent without SIGNING_KEY_FILE. */
export function signingOf({ signingKey: secret }: Pick<Config, 'signingKey'>): { readonly signingKey?: SigningKey } {
  return secret === undefined ? {} : { signingKey: readSigningKey(secret.reveal()) }
}
