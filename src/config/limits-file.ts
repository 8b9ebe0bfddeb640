import type { OnError } from '../limits/insured-permits.ts'
import { defaultTierLimits, type LimitValues, limitNames, type TierLimits } from '../limits/quotas.ts'
import { isLimitName } from '../limits/tenant-limits.ts'
import { jsonFileOf } from './json-file.ts'
import type { SettingReader } from './setting-reader.ts'

export interface LimitSettings {
  readonly store: 'postgres' | 'memory'
  readonly onError: OnError
  readonly byTier: TierLimits
  /** Concurrent requests of all tenants on one replica. */
  readonly slots: number
}

export function limitsOf(read: SettingReader): LimitSettings {
  return {
    store: read.choice('RATE_LIMIT_STORE', ['postgres', 'memory']),
    onError: read.choice('RATE_LIMIT_ON_ERROR', ['insurance', 'open', 'closed']),
    byTier: tierLimitsOf(read),
    slots: read.number('REQUESTS_IN_FLIGHT', { min: 1, max: 100_000 }),
  }
}

const remedy = 'correct the file, or leave RATE_LIMITS unset'

/** The defaults, overridden by the file of `RATE_LIMITS`. Reports every fault. */
function tierLimitsOf(read: SettingReader): TierLimits {
  const file = jsonFileOf(read, 'RATE_LIMITS', remedy)
  if (file === undefined) return defaultTierLimits
  const { path, json } = file
  const fault = (wrong: string) => read.fault('RATE_LIMITS', `${wrong} (${JSON.stringify(path)})`, remedy)
  if (!isRecord(json)) {
    fault('names a file that is not an object of tiers')
    return defaultTierLimits
  }
  const { standard, enterprise, ...rest } = json
  for (const name of Object.keys(rest)) fault(`has the tier ${JSON.stringify(name)}, which there is not`)
  return {
    standard: { ...defaultTierLimits.standard, ...ofTier(standard, fault) },
    enterprise: { ...defaultTierLimits.enterprise, ...ofTier(enterprise, fault) },
  }
}

function ofTier(given: unknown, fault: (wrong: string) => void): Partial<LimitValues> {
  if (given === undefined) return {}
  if (!isRecord(given)) {
    fault('has a tier that is not an object of limits')
    return {}
  }
  const limits: Partial<Record<keyof LimitValues, number>> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!isLimitName(name)) fault(`has the limit ${JSON.stringify(name)}; there are ${limitNames.join(', ')}`)
    else if (value === null) limits[name] = Number.POSITIVE_INFINITY
    else if (typeof value === 'number' && value >= 0) limits[name] = value
    else fault(`has a limit ${name} that is neither a number of at least 0 nor null`)
  }
  return limits
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
