import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IssuerSettings } from './issuer.ts'
import { startOf } from './process-identity.ts'

/** Where a running `npm start` answers, for the command line. */
export interface RunningService {
  readonly publicUrl: string
  readonly adminUrl: string
  /** The claims of its tokens. The key that signs them lies beside the file. */
  readonly issuer: IssuerSettings
}

interface RunningFile extends RunningService {
  readonly pid: number
  /** The pid alone may belong to another process by now. */
  readonly startedAt: string
}

const fileName = 'running.json'

/** Writes where this process answers into its data folder, readable by its user alone, until it is disposed. */
export function announce(folder: string, service: RunningService): Disposable {
  const path = join(folder, fileName)
  const content: RunningFile = { ...service, pid: process.pid, startedAt: startOf(process.pid) ?? '' }
  rmSync(`${path}.new`, { force: true })
  writeFileSync(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) }
}

/** The `npm start` of a data folder; `ended` when its process is gone and could not take the file along. */
export function findRunningService(folder: string): RunningService | { readonly ended: number } | undefined {
  const file = read(join(folder, fileName))
  if (file === undefined) return undefined
  return startOf(file.pid) === file.startedAt ? file : { ended: file.pid }
}

function read(path: string): RunningFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
