import { invalid } from './api-error.ts'
import { vendorLimits } from './limits.ts'

/** The namespace of requests that name none. */
export const defaultNamespace = '__default__'

/** '' and `__default__` are one namespace (docs: since API version 2025-04). */
export function readNamespaceName(value: string | undefined | null): string {
  const name = value === undefined || value === null || value === '' ? defaultNamespace : value
  checkAscii(name, 'Namespace', vendorLimits.namespaceLength)
  return name
}

/** @throws ApiError 400 unless 1–512 ASCII characters without NUL. */
export function checkId(id: string): void {
  if (id === '') throw invalid('Vector ID must not be empty')
  checkAscii(id, 'Vector ID', vendorLimits.idLength)
}

function checkAscii(text: string, what: string, maxLength: number): void {
  if (text.length > maxLength) {
    throw invalid(`${what} is too long: ${text.length} characters, the maximum is ${maxLength}`)
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0 || code > 127) throw invalid(`${what} must be ASCII without NUL, got ${JSON.stringify(text)}`)
  }
}
