import { readFileSync } from 'node:fs'
import { readSigningKey } from '../evidence/signing-key.ts'
import { Secret } from './secret.ts'
import type { SettingReader } from './setting-reader.ts'

const remedy = 'name an Ed25519 private key in PEM, or leave it unset: then nothing is signed'

/** The private key in the file of `SIGNING_KEY_FILE`; without it nothing is signed. A fault shows nothing of the file. */
export function signingKeyOf(read: SettingReader): Secret | undefined {
  const path = read.raw('SIGNING_KEY_FILE')
  if (path === undefined) return undefined
  const fault = (why: string) => read.fault('SIGNING_KEY_FILE', `names ${JSON.stringify(path)}, which ${why}`, remedy)
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    fault(`cannot be read${code}`)
    return undefined
  }
  try {
    readSigningKey(pem)
  } catch {
    fault('is not an Ed25519 private key in PEM (`openssl genpkey -algorithm ed25519` makes one)')
    return undefined
  }
  return new Secret(pem)
}
