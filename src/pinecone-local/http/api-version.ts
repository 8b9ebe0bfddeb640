import { invalid } from './api-error.ts'

const supported = ['2025-10', '2026-04', '2026-07'] as const

export type ApiVersion = (typeof supported)[number]

/**
 * The version a request asks for. Without a header the vendor uses the oldest version it supports
 * (docs: API versioning).
 *
 * @throws ApiError 400 for a version that is not served.
 */
export function apiVersion(header: string | undefined): ApiVersion {
  if (header === undefined || header === '') return supported[0]
  const found = supported.find((version) => version === header)
  if (found === undefined) {
    throw invalid(`API version '${header}' is not supported. Supported versions: ${supported.join(', ')}.`)
  }
  return found
}
