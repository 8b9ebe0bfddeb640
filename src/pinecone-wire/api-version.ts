import { invalid } from './api-error.ts'

/** Oldest first; the text order is the age order, so `version >= '2025-01'` means "since 2025-01". */
const supported = ['2024-07', '2024-10', '2025-01', '2025-04', '2025-10', '2026-04', '2026-07'] as const

export type ApiVersion = (typeof supported)[number]

/** The version of a request without the header: the oldest that the vendor still supports. */
const unsaid: ApiVersion = '2025-10'

/**
 * The version that a request asks for. The vendor has retired those before 2025-10; frameworks in use still send them,
 * so this server serves them in the shapes that their SDKs read.
 *
 * @throws ApiError 400 for an unsupported version.
 */
export function apiVersion(header: string | undefined): ApiVersion {
  if (header === undefined || header === '') return unsaid
  const found = supported.find((version) => version === header)
  if (found === undefined) {
    throw invalid(`API version '${header}' is not supported. Supported versions: ${supported.join(', ')}.`)
  }
  return found
}
