import { AppError } from '../../errors.ts'

/**
 * Names by which a caller tries to say a tenant or a place. The tenant comes from the token and from nowhere else, so
 * what stands under such a name is dropped and counted, whichever way it is spelt, or the request is refused.
 */
const named =
  /^(pinecone|target|source|x)?(tenant|tenants|namespace|ns|index|project|placement|shard|pool|silo|generation|org|organization|organisation|customer|account|workspace)(id|ids|name|names|slug|key|host|url|uuid)?$/

/** Names of where something is stored: a write that goes on without what it says would reach further than it was meant to. */
const places =
  /^(pinecone|target|source|x)?(tenant|tenants|namespace|ns|index|placement|shard|pool|silo)(id|ids|name|names|slug|key|host|url|uuid)?$/

const namespaces = /^(pinecone|target|source|x)?(namespace|ns)(id|ids|name|names|slug|key)?$/

const hosts = /^(pinecone|vector|store|target)?host(name|url)?$/

/** Header names seen so far; there are few, and a caller who makes them up must not fill the memory. */
const knownHeaders = new Map<string, boolean>()
const knownHeadersMax = 500

/** Whether the name of a field of a body or query tries to say a tenant or place. */
export function namesPlace(field: string): boolean {
  if (field.length > 40) return false
  const plain = plainOf(field)
  return named.test(plain) || hosts.test(plain)
}

/** The same of a header. `Host` and the `X-Forwarded-` family are the web's own and mean something else. */
export function headerNamesPlace(header: string): boolean {
  const known = knownHeaders.get(header)
  if (known !== undefined) return known
  const found = header.length <= 60 && named.test(header.replace(/[_-]/g, '').replace(/^x/, ''))
  if (knownHeaders.size < knownHeadersMax) knownHeaders.set(header, found)
  return found
}

/** What a request named a tenant or place by, and whether it may go on without it. */
export class ClaimedPlaces {
  readonly #own: string
  readonly #writes: boolean
  readonly names: string[] = []
  #count = 0
  #refused: string | undefined

  /** @param own the token's tenant. @param writes the request changes something. */
  constructor(own: string, writes: boolean) {
    this.#own = own
    this.#writes = writes
  }

  /** More names are counted and not kept. */
  get count(): number {
    return this.#count
  }

  /** A field of a body, form or query string. */
  field = (name: string, value: unknown): void => {
    const plain = plainOf(name)
    const isPlace = this.#writes ? places.test(plain) || hosts.test(plain) : namespaces.test(plain)
    this.#note(name, value, isPlace)
  }

  /** An argument of a call that the body wraps: an agent that was talked into it is answered from its own tenant. */
  inner(name: string, value: unknown): void {
    this.#note(name, value, false)
  }

  header(name: string, value: unknown): void {
    this.#note(name, value, this.#writes && places.test(name.replace(/[_-]/g, '').replace(/^x/, '')))
  }

  /** They are in the metric and the log. */
  told(): void {
    this.#count = 0
    this.names.length = 0
  }

  /** @throws AppError `invalid_request` when dropping a name would widen what was asked for. */
  check(): void {
    if (this.#refused === undefined) return
    const message = "names a place that is not this tenant's own. The token names the tenant: leave the field out."
    const path = this.#refused.slice(0, 100)
    throw new AppError('invalid_request', `${path}: ${message}`, { faults: [{ path, message }] })
  }

  #note(name: string, value: unknown, isPlace: boolean): void {
    if (this.#isOwn(value)) return
    this.#count += 1
    if (this.names.length < 10) this.names.push(name.slice(0, 60))
    if (isPlace) this.#refused ??= name
  }

  /** The vendor's SDK sends its default namespace unasked. */
  #isOwn(value: unknown): boolean {
    if (Array.isArray(value)) return value.length < 100 && value.every((each) => this.#isOwn(each))
    return value === undefined || value === null || value === '' || value === '__default__' || value === this.#own
  }
}

function plainOf(field: string): string {
  return field.toLowerCase().replace(/[_\-.\s]/g, '')
}
