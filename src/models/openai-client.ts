import OpenAI, { APIError } from 'openai'
import type { ProviderFault } from './provider-fault.ts'

export interface OpenAiClientOptions {
  /** Optional, since self-hosted endpoints often need none. */
  readonly apiKey?: string | undefined
  /**
   * Any OpenAI-compatible endpoint, up to and including `/v1`; its query string goes with each request. Default:
   * OpenAI's.
   */
  readonly baseUrl?: string | undefined
  /** The header that carries the key. Default: `api-key` for Azure, `authorization` for all others. */
  readonly keyHeader?: 'auto' | 'authorization' | 'api-key' | undefined
  /** Sends the requests; default the runtime's own. */
  readonly fetch?: typeof fetch | undefined
}

const azure = /\.(azure\.com|azure-api\.net|azure\.us|azure\.cn)$/

/**
 * Sets everything that the SDK would read from the environment, and disables its log, which would contain the texts.
 */
export function openAiClient(
  { apiKey, baseUrl, keyHeader = 'auto', fetch }: OpenAiClientOptions,
  patience: { readonly timeout: number; readonly maxRetries: number },
): OpenAI {
  const url = new URL(baseUrl || 'https://api.openai.com/v1')
  const isAzure = keyHeader === 'api-key' || (keyHeader === 'auto' && azure.test(url.hostname))
  // Azure's older paths want `?api-version=`.
  const query = Object.fromEntries(url.searchParams)
  url.search = ''
  return new OpenAI({
    apiKey: apiKey || 'none',
    baseURL: url.href,
    organization: null,
    project: null,
    logLevel: 'off',
    defaultQuery: query,
    ...(isAzure ? { defaultHeaders: { Authorization: null, 'api-key': apiKey || 'none' } } : {}),
    ...(fetch && { fetch }),
    ...patience,
  })
}

/** The harmless parts of the SDK's error: the error itself contains the request. */
export function providerFault(error: unknown): ProviderFault {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof APIError
    ? { status: error.status, code: error.code ?? error.type ?? undefined, message, headers: error.headers }
    : { status: undefined, code: undefined, message, headers: undefined }
}
