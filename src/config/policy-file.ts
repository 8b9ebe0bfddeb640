import { readFileSync } from 'node:fs'
import { parsePolicy } from '../policy/parse-policy.ts'
import { defaultPolicy, type Policy } from '../policy/policy.ts'
import type { SettingReader } from './setting-reader.ts'

const remedy = 'correct the file, or leave MOVE_POLICY unset for advice alone'

/** The policy in the file of `MOVE_POLICY`; without it nothing moves automatically. Reports every fault. */
export function policyOf(read: SettingReader): Policy {
  const path = read.raw('MOVE_POLICY')
  if (path === undefined) return defaultPolicy
  const json = readJson(read, path)
  if (json === undefined) return defaultPolicy
  const parsed = parsePolicy(json)
  if ('policy' in parsed) return parsed.policy
  for (const fault of parsed.faults)
    read.fault('MOVE_POLICY', `has a fault in ${JSON.stringify(path)}, ${fault}`, remedy)
  return defaultPolicy
}

function readJson(read: SettingReader, path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    read.fault(
      'MOVE_POLICY',
      `names ${JSON.stringify(path)}, which cannot be read${code}`,
      'set the path of a JSON file',
    )
    return undefined
  }
  try {
    return JSON.parse(text)
  } catch {
    read.fault('MOVE_POLICY', `names ${JSON.stringify(path)}, which is not JSON`, remedy)
    return undefined
  }
}
