import { access, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSigningKey } from '../evidence/signing-key.ts'

/** Makes the deployment's signing key in the data folder, once. @returns its file. */
export async function signingKeyIn(folder: string): Promise<string> {
  const path = join(folder, 'signing-key.pem')
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) return path
  await mkdir(folder, { recursive: true })
  await writeFile(`${path}.new`, makeSigningKey(), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return path
}
