/**
 * The client's tests take no address: they call the vendor's. Requests to it go to the pinecone-local of this run, and
 * their answers keep the address that was asked for, which the client names in its errors.
 */
const vendor = 'https://api.pinecone.io'
const local = process.env.PINECONE_LOCAL_URL
const direct = globalThis.fetch

function asked(response, url) {
  Object.defineProperty(response, 'url', { value: url })
  const clone = response.clone.bind(response)
  Object.defineProperty(response, 'clone', { value: () => asked(clone(), url) })
  return response
}

globalThis.fetch = async (url, init) => {
  if (typeof url !== 'string' || !url.startsWith(vendor)) return direct(url, init)
  return asked(await direct(local + url.slice(vendor.length), init), url)
}
