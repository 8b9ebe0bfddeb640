import OpenAI, { APIError } from 'openai'
import type { ProviderFault } from './provider-fault.ts'

export interface OpenAiClientOptions {
  /** Endpoints of one's own often ask for none. */
  readonly apiKey?: string | undefined
  /** Any OpenAI-compatible endpoint, up to and with `/v1`; a query is sent with each request. Default OpenAI's own. */
  readonly baseUrl?: string | undefined
  /** Where the key is sent; default: `api-key` to Azure, `authorization` to all others. */
  readonly keyHeader?: 'auto' | 'authorization' | 'api-key' | undefined
}

const azure = /\.(azure\.com|azure-api\.net|azure\.us|azure\.cn)$/

/** All that the SDK would take from the environment is said here; its log would hold the texts. */
export function openAiClient(
  { apiKey, baseUrl, keyHeader = 'auto' }: OpenAiClientOptions,
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
    ...patience,
  })
}

/** What is worth knowing of the SDK's error: the error itself holds the request. */
export function providerFault(error: unknown): ProviderFault {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof APIError
    ? { status: error.status, code: error.code ?? undefined, message, headers: error.headers }
    : { status: undefined, code: undefined, message, headers: undefined }
}
