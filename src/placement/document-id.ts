const documentIdMax = 400

/** Characters that need no escaping in a path segment (RFC 3986, pchar): no proxy can change their meaning. */
const documentIdPattern = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]+$/

export const documentIdRule = `1 to ${documentIdMax} of the characters A–Z a–z 0–9 - . _ ~ ! $ & ' ( ) * + , ; = : @, neither . nor .., and not beginning with _tr`

export function isDocumentId(value: string): boolean {
  return value.length <= documentIdMax && documentIdPattern.test(value) && value !== '.' && value !== '..'
}
