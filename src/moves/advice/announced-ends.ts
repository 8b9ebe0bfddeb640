/** An end of embedding models that a vendor has announced, at the vendor's own endpoints. */
interface AnnouncedEnd {
  /** Hosts of the endpoint; one that begins with a dot stands for all below it. */
  readonly hosts: readonly string[]
  /** The vendor's names. */
  readonly models: readonly string[]
  /** The vendor's date, ISO 8601. */
  readonly endsOn: string
  readonly source: string
}

const azureHosts = ['.openai.azure.com', '.cognitiveservices.azure.com', '.services.ai.azure.com']
const azurePage =
  'https://github.com/MicrosoftDocs/azure-ai-docs/blob/main/articles/foundry/openai/includes/concepts-model-retirement-schedule-content.md'
const coherePage = 'https://docs.cohere.com/changelog/2026-04-04-embed-v2-aya-8b-retirement.md'
const googlePage = 'https://ai.google.dev/gemini-api/docs/changelog'
const voyagePage = 'https://docs.voyageai.com/docs/choose-a-model'
const voyageHosts = ['api.voyageai.com']

/**
 * Ends of embedding models, as far as the vendors' pages could be read on the day `asOf`. A vendor may put a date off,
 * and the same model ends on another day at another vendor. OpenAI has announced no end of text-embedding-3-small,
 * text-embedding-3-large or text-embedding-ada-002 at its own endpoint. `ends` of an entry of EMBEDDING_MODELS replaces
 * the list.
 */
export const announcedEnds: { readonly asOf: string; readonly ends: readonly AnnouncedEnd[] } = {
  asOf: '2026-11-30',
  ends: [
    {
      // A page of 2026-07-07.
      hosts: azureHosts,
      models: ['text-embedding-3-large', 'text-embedding-3-small', 'text-embedding-ada-002'],
      endsOn: '2027-04-15',
      source: azurePage,
    },
    {
      hosts: ['api.cohere.com', 'api.cohere.ai'],
      models: ['embed-english-v2.0', 'embed-english-light-v2.0', 'embed-multilingual-v2.0'],
      endsOn: '2026-04-04',
      source: coherePage,
    },
    {
      hosts: ['generativelanguage.googleapis.com'],
      models: ['text-embedding-004', 'models/text-embedding-004'],
      endsOn: '2026-01-14',
      source: googlePage,
    },
    {
      hosts: voyageHosts,
      models: ['voyage-3-large', 'voyage-3.5', 'voyage-3.5-lite', 'voyage-code-2', 'voyage-finance-2'],
      endsOn: '2027-12-01',
      source: voyagePage,
    },
    { hosts: voyageHosts, models: ['voyage-code-3'], endsOn: '2028-02-13', source: voyagePage },
  ],
}

/** The end of a model and where it was announced; undefined: none is known. */
export interface KnownEnd {
  readonly endsOn: string
  /** A page, or the setting that names the date. */
  readonly source: string
}

/**
 * The end of a model at its endpoint: the operator's own date, else the announced one.
 * @param model by the vendor's own name.
 */
export function endOf({
  model,
  baseUrl,
  endsOn,
}: {
  readonly model: string
  readonly baseUrl?: string
  readonly endsOn?: string
}): KnownEnd | undefined {
  if (endsOn !== undefined) return { endsOn, source: 'EMBEDDING_MODELS' }
  if (baseUrl === undefined) return undefined
  const { hostname } = new URL(baseUrl)
  const found = announcedEnds.ends.find(
    ({ hosts, models }) =>
      models.includes(model) &&
      hosts.some((host) => (host.startsWith('.') ? hostname.endsWith(host) : hostname === host)),
  )
  return found && { endsOn: found.endsOn, source: found.source }
}
