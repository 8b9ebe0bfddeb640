import { Secret } from './secret.ts'
import { optional } from './setting-groups.ts'
import type { SettingReader } from './setting-reader.ts'

/** How staff sign in to the console: the deployment's client at the issuer of staff tokens. */
export interface ConsoleSettings {
  readonly clientId: string
  /** Without one, the client is public, and PKCE alone protects its codes. */
  readonly clientSecret?: Secret
  readonly discoveryUrl: string
  /** Origin by which browsers reach the console; without it, the one that each request names. */
  readonly url?: string
  /** Signs the cookies; the same on every replica. */
  readonly cookieKey: Secret
}

const keyMinLength = 32

/** The console's settings; undefined when no client is set: then the console says so instead of offering to sign in. */
export function consoleOf(read: SettingReader): ConsoleSettings | undefined {
  const clientId = read.raw('CONSOLE_CLIENT_ID')
  if (clientId === undefined) return undefined
  const cookieKey = read.text('CONSOLE_COOKIE_KEY')
  if (cookieKey !== '' && cookieKey.length < keyMinLength) {
    const rule = `set at least ${keyMinLength} random characters, as \`openssl rand -base64 32\` makes them`
    read.fault('CONSOLE_COOKIE_KEY', 'is too short', rule)
  }
  const secret = read.raw('CONSOLE_CLIENT_SECRET')
  return {
    clientId,
    ...optional('clientSecret', secret === undefined ? undefined : new Secret(secret)),
    discoveryUrl: discoveryUrlOf(read),
    ...optional('url', originOf(read)),
    cookieKey: new Secret(cookieKey),
  }
}

function discoveryUrlOf(read: SettingReader): string {
  const own = read.url('CONSOLE_DISCOVERY_URL')
  if (own !== undefined) return own
  const issuer = read.raw('JWT_ISSUER') ?? ''
  if (/^https?:\/\//.test(issuer)) return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  // A missing JWT_ISSUER is a fault of its own.
  if (issuer !== '') {
    const rule = 'JWT_ISSUER is no URL to derive it from; name the issuer’s /.well-known/openid-configuration'
    read.fault('CONSOLE_DISCOVERY_URL', 'is missing', rule)
  }
  return ''
}

function originOf(read: SettingReader): string | undefined {
  const url = read.url('CONSOLE_URL')
  if (url === undefined || !URL.canParse(url)) return undefined
  const { origin, pathname } = new URL(url)
  if (pathname !== '/') {
    read.fault('CONSOLE_URL', 'has a path in it', 'name the origin alone, as in https://router.internal')
  }
  return origin
}
