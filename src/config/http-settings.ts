import { type ApprovableVerb, approvableVerbs } from '../placement/approvable.ts'
import type { SettingReader } from './setting-reader.ts'

export interface HttpSettings {
  readonly port: number
  readonly host: string
  readonly adminPort: number
  readonly adminHost: string
  /** Time that a stopping replica keeps serving, so that balancers notice. */
  readonly drainMs: number
  /** Host names of the admin listener, beside `localhost` and addresses. */
  readonly adminHosts: readonly string[]
  readonly mcpOrigins: readonly string[]
  /** Verbs of staff that a second person has to approve. */
  readonly approvals: ReadonlySet<ApprovableVerb>
}

export function httpOf(read: SettingReader): HttpSettings {
  const port = read.number('PORT', { min: 0, max: 65_535 })
  const adminPort = read.number('ADMIN_PORT', { min: 0, max: 65_535 })
  if (port === adminPort && port !== 0) {
    read.fault('ADMIN_PORT', `is ${port}, the same as PORT`, 'staff and tenants need a listener each; set another port')
  }
  const adminHost = read.text('ADMIN_HOST')
  const console = URL.parse(read.raw('CONSOLE_URL') ?? '')?.hostname
  const adminHosts = [adminHost, ...adminHostsOf(read), ...(console ? [console] : [])]
  return {
    port,
    host: read.text('HOST'),
    adminPort,
    adminHost,
    drainMs: read.number('DRAIN_S', { min: 0, max: 600, fraction: true }) * 1000,
    adminHosts,
    mcpOrigins: mcpOriginsOf(read),
    approvals: approvalsOf(read),
  }
}

function adminHostsOf(read: SettingReader): readonly string[] {
  const names = read.words('ADMIN_HOSTS').map((name) => name.toLowerCase())
  for (const name of names.filter((name) => !/^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name))) {
    const rule = 'list names without scheme and port, as in router.internal or *.example.com'
    read.fault('ADMIN_HOSTS', `has ${JSON.stringify(name)} in it`, rule)
  }
  return names
}

function approvalsOf(read: SettingReader): ReadonlySet<ApprovableVerb> {
  const words = read.words('APPROVALS')
  for (const word of words.filter((word) => !isApprovable(word))) {
    read.fault('APPROVALS', `has ${JSON.stringify(word)} in it`, `list verbs of ${approvableVerbs.join(', ')}`)
  }
  return new Set(words.filter(isApprovable))
}

function isApprovable(word: string): word is ApprovableVerb {
  return (approvableVerbs as readonly string[]).includes(word)
}

function mcpOriginsOf(read: SettingReader): readonly string[] {
  const origins = read.words('MCP_ORIGINS').map((origin) => origin.toLowerCase())
  for (const origin of origins.filter((origin) => !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@]+$/.test(origin))) {
    read.fault('MCP_ORIGINS', `has ${JSON.stringify(origin)} in it`, 'list origins, as in https://chat.example.com')
  }
  return origins
}
