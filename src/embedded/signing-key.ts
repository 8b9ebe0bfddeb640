import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSigningKey } from '../evidence/signing-key.ts'

/** Makes the deployment's signing key in the data folder, once. @returns its file. */
export async function signingKeyIn(folder: string): Promise<string> {
  await keptIn(folder, 'signing-key.pem', makeSigningKey)
  return join(folder, 'signing-key.pem')
}

/** The key of the console's cookies, made once, so that who is signed in stays so over a restart. */
export function cookieKeyIn(folder: string): Promise<string> {
  return keptIn(folder, 'console-key', () => randomBytes(32).toString('base64url'))
}

/** A secret of the data folder, made by its first start. */
async function keptIn(folder: string, name: string, make: () => string): Promise<string> {
  const path = join(folder, name)
  const found = await readFile(path, 'utf8').catch(() => undefined)
  if (found !== undefined) return found
  const made = make()
  await mkdir(folder, { recursive: true })
  await writeFile(`${path}.new`, made, { mode: 0o600 })
  await rename(`${path}.new`, path)
  return made
}
