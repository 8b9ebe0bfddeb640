import { parsePolicy } from '../policy/parse-policy.ts'
import { defaultPolicy, type Policy } from '../policy/policy.ts'
import { jsonFileOf } from './json-file.ts'
import type { SettingReader } from './setting-reader.ts'

const remedy = 'correct the file, or leave MOVE_POLICY unset for advice alone'

/** The policy in the file of `MOVE_POLICY`; without it nothing moves automatically. Reports every fault. */
export function policyOf(read: SettingReader): Policy {
  const file = jsonFileOf(read, 'MOVE_POLICY', remedy)
  if (file === undefined) return defaultPolicy
  const parsed = parsePolicy(file.json)
  if ('policy' in parsed) return parsed.policy
  for (const fault of parsed.faults)
    read.fault('MOVE_POLICY', `has a fault in ${JSON.stringify(file.path)}, ${fault}`, remedy)
  return defaultPolicy
}
