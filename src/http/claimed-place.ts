/**
 * Names by which a caller tries to say a tenant or a place. The tenant comes from the token and from nowhere else, so
 * what stands under such a name is dropped and counted, whichever way it is spelt.
 */
const named =
  /^(pinecone|target|source|x)?(tenant|tenants|namespace|ns|index|project|placement|shard|pool|silo|generation|org|organization|organisation|customer|account|workspace)(id|ids|name|names|slug|key|host|url|uuid)?$/

const hosts = /^(pinecone|vector|store|target)?host(name|url)?$/

/** Header names seen so far; there are few, and a caller who makes them up must not fill the memory. */
const knownHeaders = new Map<string, boolean>()
const knownHeadersMax = 500

/** Whether the name of a field of a body or query tries to say a tenant or place. */
export function namesPlace(field: string): boolean {
  if (field.length > 40) return false
  const plain = field.toLowerCase().replace(/[_\-.\s]/g, '')
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
