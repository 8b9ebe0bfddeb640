import OpenAI from 'openai'

export interface OpenAiClientOptions {
  /** Endpoints of one's own often ask for none. */
  readonly apiKey?: string | undefined
  /** Any OpenAI-compatible endpoint, up to and with `/v1`; default OpenAI's own. */
  readonly baseUrl?: string | undefined
}

/** All that the SDK would take from the environment is said here; its log would hold the texts. */
export function openAiClient(
  { apiKey, baseUrl }: OpenAiClientOptions,
  patience: { readonly timeout: number; readonly maxRetries: number },
): OpenAI {
  return new OpenAI({
    apiKey: apiKey || 'none',
    baseURL: baseUrl || 'https://api.openai.com/v1',
    organization: null,
    project: null,
    logLevel: 'off',
    ...patience,
  })
}
