import { AppError } from '../../errors.ts'

/**
 * Names by which a caller tries to select a tenant or a place. Only the token decides the tenant, so a field of such a
 * name, however spelt, is dropped and counted, or the request is refused.
 */
const named =
  /^(pinecone|target|source|x)?(tenant|tenants|namespace|namespaces|ns|index|project|placement|shard|pool|silo|generation|org|organization|organisation|customer|account|workspace)(id|ids|name|names|slug|key|host|url|uuid)?$/

/** Names of storage places: a write that ignored one would reach further than intended. */
const places =
  /^(pinecone|target|source|x)?(tenant|tenants|namespace|namespaces|ns|index|placement|shard|pool|silo)(id|ids|name|names|slug|key|host|url|uuid)?$/

const namespaces = /^(pinecone|target|source|x)?(namespace|namespaces|ns)(id|ids|name|names|slug|key)?$/

const hosts = /^(pinecone|vector|store|target)?host(name|url)?$/
/**
 * `Host`, the `X-Forwarded-` family and the headers that proxies route by are the web's own and mean something else.
 */
const hostsOfHeaders = /^x?(pinecone|vector|store)host(name|url)?$/

/** A bounded cache of header names: few are real, and made-up ones must not fill the memory. */
const knownHeaders = new Map<string, boolean>()
const knownHeadersMax = 500

/** Whether a field of a body, form or query tries to name a tenant or place. */
export function namesPlace(field: string): boolean {
  if (field.length > 40) return false
  const plain = plainOf(field)
  return named.test(plain) || hosts.test(plain)
}

function headerNamesPlace(header: string): boolean {
  const known = knownHeaders.get(header)
  if (known !== undefined) return known
  const plain = plainOfHeader(header)
  const found = header.length <= 60 && (named.test(plain) || hostsOfHeaders.test(plain))
  if (knownHeaders.size < knownHeadersMax) knownHeaders.set(header, found)
  return found
}

/**
 * Collects the names of tenants and places in a request, and decides whether it may proceed without them. Every door
 * uses it.
 */
export class ClaimedPlaces {
  readonly #own: ReadonlySet<unknown>
  readonly #writes: boolean
  readonly #isDoor: boolean
  readonly names: string[] = []
  #count = 0
  #refused: string | undefined

  /**
   * @param own names that the caller may give its own place, beside none and the vendor's default.
   * @param writes the request changes something.
   * @param isDoor it speaks the vendor's dialect, in which refusals are 403.
   */
  constructor(own: readonly string[], writes: boolean, isDoor = false) {
    // The vendor's SDK sends its default namespace unasked.
    this.#own = new Set<unknown>([undefined, null, '', '__default__', ...own])
    this.#writes = writes
    this.#isDoor = isDoor
  }

  /** Counts all names, also those beyond the ones kept. */
  get count(): number {
    return this.#count
  }

  /**
   * Checks a field of a body, form or query string, or an argument of a wrapped call.
   * @returns whether it names a tenant or place, and must be dropped.
   */
  field = (name: string, value: unknown): boolean => {
    if (!namesPlace(name)) return false
    this.#note(name, plainOf(name), value)
    return true
  }

  /** Checks a header by its lower-case name. */
  header(name: string, value: unknown): void {
    if (headerNamesPlace(name)) this.#note(name, plainOfHeader(name), value)
  }

  /** Resets the count once the metric and the log have it. */
  report(): void {
    this.#count = 0
    this.names.length = 0
  }

  /** @throws AppError `invalid_request`, or `forbidden` at the door, when dropping a name would widen the request. */
  check(): void {
    if (this.#refused === undefined) return
    const message = "names a place that is not this tenant's own. The token names the tenant: leave the field out."
    const path = this.#refused.slice(0, 100)
    if (this.#isDoor) throw new AppError('forbidden', `${path}: ${doorRule}`)
    throw new AppError('invalid_request', `${path}: ${message}`, { faults: [{ path, message }] })
  }

  #note(name: string, plain: string, value: unknown): void {
    if (this.#isOwn(value)) return
    this.#count += 1
    if (this.names.length < 10) this.names.push(name.slice(0, 60))
    if (this.#mustRefuse(plain)) this.#refused ??= name
  }

  /**
   * Refuses a write that names any place, and a read that names a namespace: ignoring it would make either reach
   * further.
   */
  #mustRefuse(plain: string): boolean {
    if (!this.#writes) return namespaces.test(plain)
    return places.test(plain) || hosts.test(plain) || hostsOfHeaders.test(plain)
  }

  #isOwn(value: unknown): boolean {
    if (Array.isArray(value)) return value.length < 100 && value.every((each) => this.#isOwn(each))
    return this.#own.has(value)
  }
}

const doorRule =
  'names a place that is not this tenant’s own. Its namespace is the empty one, `__default__`, the tenant’s id, or the name that it had before.'

function plainOf(field: string): string {
  return field.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function plainOfHeader(header: string): string {
  return plainOf(header).replace(/^x/, '')
}
