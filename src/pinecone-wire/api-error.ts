export type Plane = 'control' | 'data'

interface Kind {
  readonly control: string
  readonly rpc: number
}

/** HTTP status → the control plane's code and the data plane's google.rpc code. */
const kinds: Readonly<Record<number, Kind>> = {
  400: { control: 'INVALID_ARGUMENT', rpc: 3 },
  401: { control: 'UNAUTHENTICATED', rpc: 16 },
  402: { control: 'PAYMENT_REQUIRED', rpc: 9 },
  403: { control: 'FORBIDDEN', rpc: 7 },
  404: { control: 'NOT_FOUND', rpc: 5 },
  405: { control: 'UNIMPLEMENTED', rpc: 12 },
  408: { control: 'DEADLINE_EXCEEDED', rpc: 4 },
  409: { control: 'ALREADY_EXISTS', rpc: 6 },
  412: { control: 'FAILED_PRECONDITION', rpc: 9 },
  413: { control: 'PAYLOAD_TOO_LARGE', rpc: 11 },
  415: { control: 'INVALID_ARGUMENT', rpc: 3 },
  422: { control: 'UNPROCESSABLE_ENTITY', rpc: 3 },
  429: { control: 'RESOURCE_EXHAUSTED', rpc: 8 },
  500: { control: 'UNKNOWN', rpc: 13 },
  501: { control: 'UNIMPLEMENTED', rpc: 12 },
  502: { control: 'UNAVAILABLE', rpc: 14 },
  503: { control: 'UNAVAILABLE', rpc: 14 },
  504: { control: 'DEADLINE_EXCEEDED', rpc: 4 },
}

/** A refusal with an HTTP status; each plane renders it in its own body. */
export class ApiError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.headers = headers
  }
}

export function invalid(message: string): ApiError {
  return new ApiError(400, message)
}

export function notFound(message: string): ApiError {
  return new ApiError(404, message)
}

export function missingField(name: string): ApiError {
  return new ApiError(422, `Failed to deserialize the JSON body into the target type: missing field \`${name}\``)
}

/** The vendor's error body: `{error:{code,message},status}` or a google.rpc.Status with its details. */
export function errorBody(
  error: ApiError,
  plane: Plane,
  details: readonly object[] = [],
): { contentType: string; body: string } {
  // The vendor's data plane answers 401 as bare text.
  if (plane === 'data' && error.status === 401) return { contentType: 'text/plain', body: 'Unauthorized' }
  const kind = kinds[error.status] ?? { control: 'UNKNOWN', rpc: 2 }
  const body =
    plane === 'control'
      ? { error: { code: kind.control, message: error.message }, status: error.status }
      : { code: kind.rpc, message: error.message, details }
  return { contentType: 'application/json', body: JSON.stringify(body) }
}
