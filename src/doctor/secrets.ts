import type { Config } from '../config/config.ts'
import type { Finding } from './checks/finding.ts'

/** Shorter texts would be found in ordinary words. */
const shortest = 5

/**
 * Takes every configured secret out of what is shown, whoever repeated it: a provider's message, a driver's, a URL.
 * @param given further secrets, such as the token that is examined.
 */
export function withoutSecrets(config: Config, given: readonly string[]): (finding: Finding) => Finding {
  const secrets = secretsOf(config, given)
  const clean = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text)
  return (finding) => ({
    ...finding,
    check: clean(finding.check),
    found: clean(finding.found),
    ...(finding.fix !== undefined && { fix: clean(finding.fix) }),
  })
}

function secretsOf(config: Config, given: readonly string[]): readonly string[] {
  const { databaseUrl, databaseListenUrl, pinecone, embeddingModels, answer, rerank, signingKey, noticeHooks } = config
  const urls = [databaseUrl, databaseListenUrl].flatMap((url) => (url === undefined ? [] : [url.reveal()]))
  const kept = [
    ...pinecone.projects.map(({ apiKey }) => apiKey),
    ...[...embeddingModels, answer, ...(rerank === undefined ? [] : [rerank])].map(({ apiKey }) => apiKey),
    ...noticeHooks.map(({ secret }) => secret),
    signingKey,
  ].flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]))
  const all = [...given, ...kept, ...urls, ...urls.flatMap(passwordsOf)]
  return [...new Set(all)].filter(({ length }) => length >= shortest).sort((a, b) => b.length - a.length)
}

/** A URL's password as it stands there, and decoded. */
function passwordsOf(url: string): readonly string[] {
  const [, password] = /^[a-z]+:\/\/[^:@/]*:(.*)@/s.exec(url) ?? []
  if (password === undefined) return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
