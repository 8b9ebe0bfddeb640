import { closest, distance } from 'fastest-levenshtein'
import type { Environment } from './setting-reader.ts'
import { settings } from './settings.ts'

/** Variables outside the settings table that the command line, development or libraries read. */
const alsoRead = [
  'DATA_DIR',
  'TENANT_ROUTER_URL',
  'TENANT_ROUTER_TOKEN',
  'TENANT_ROUTER_PUBLIC_URL',
  'TENANT_ROUTER_TENANT_TOKEN',
  'HOSTNAME',
  'HOSTTYPE',
  'LOGNAME',
  'PORTS',
  'HOME',
  'HOSTS',
  'POSTGRES',
]
/** Prefixes that other programs use too. */
const sharedPrefixes = new Set([
  'PORT',
  'ADMIN',
  'HOST',
  'LOG',
  'OTEL',
  'OPENAI',
  'DATABASE',
  'REQUESTS',
  'CACHE',
  'INDEX',
  'POOL',
  'PRICE',
  'PROJECT',
  'SESSION',
  'STORE',
])
/** Variables that Kubernetes sets for every service of a namespace, whatever its name. */
const ofKubernetes = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)$/

const names = [...settings.map(({ name }) => name as string), ...alsoRead]
const ownPrefixes = new Set(
  [...settings.map(({ name }) => prefixOf(name)), 'TENANT'].filter((prefix) => !sharedPrefixes.has(prefix)),
)

/**
 * Variables that look like settings of ours but are never read, each in a sentence with the nearest valid name.
 * @param read names that a settings file gave to variables.
 */
export function misspelledSettings(env: Environment, read: ReadonlySet<string>): readonly string[] {
  const known = new Set([...names, ...read])
  const sentences: string[] = []
  for (const name of Object.keys(env).sort()) {
    if (known.has(name) || !/^[A-Z][A-Z0-9_]{2,60}$/.test(name) || ofKubernetes.test(name)) continue
    const nearest = closest(name, names)
    const isNear = distance(name, nearest) <= (name.length > 8 ? 2 : 1)
    if (!isNear && !ownPrefixes.has(prefixOf(name))) continue
    sentences.push(`${name} is set, but nothing reads it: did you mean ${nearest}?`)
  }
  return sentences
}

function prefixOf(name: string): string {
  return name.split('_', 1)[0] ?? name
}
