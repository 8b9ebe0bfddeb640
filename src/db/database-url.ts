/** The parts of a Postgres URL that may be shown, or its fault; neither contains the password. */
export interface DatabaseUrl {
  /** Hosts with ports, in the order of connection attempts. */
  readonly hosts: string
  readonly database: string
}

export interface UrlFault {
  /** The fault, as in "DATABASE_URL has a raw #". */
  readonly wrong: string
  readonly remedy: string
}

const shape = 'set it as in postgres://user:password@host:5432/database, special characters as %XX'

/**
 * Parses a Postgres URL as the driver does, several hosts included. It names a character that splits the URL in an
 * unintended place: URL parsers would take a piece of the password for the host, and print it.
 */
export function readDatabaseUrl(text: string): DatabaseUrl | UrlFault {
  const rest = /^postgres(?:ql)?:\/\/(.+)$/s.exec(text)?.[1]
  if (rest === undefined) return { wrong: 'is not a Postgres URL', remedy: shape }
  if (rest.includes('#')) return raw('#', '%23')
  if (/%(?![0-9a-f]{2})/i.test(rest)) return raw('%', '%25')
  if (/\s/.test(rest)) return raw('space', '%20')
  const [authority = ''] = rest.split(/[/?]/, 1)
  const beyond = rest.slice(authority.length).split('?', 1)[0] ?? ''
  if (authority.split('@').length > 2) return raw('@', '%40')
  // A slash or a question mark ends the part with the password before its @.
  if (beyond.includes('@') || (!authority.includes('@') && rest.includes('@'))) return raw('/ or ?', '%2F or %3F')
  const hosts = authority.slice(authority.indexOf('@') + 1)
  const user = authority.slice(0, authority.length - hosts.length)
  const first = hosts.split(',')[0]
  if (!URL.canParse(`postgres://${user}${first}${rest.slice(authority.length)}`) || !/^[^,]+(,[^,]+)*$/.test(hosts)) {
    return { wrong: 'is not a Postgres URL', remedy: shape }
  }
  const named = hosts.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:5432`))
  return { hosts: named.join(', '), database: decodeURIComponent(beyond.slice(1)) }
}

function raw(what: string, encoded: string): UrlFault {
  return {
    wrong: `has a raw ${what} in its user name, password or elsewhere`,
    remedy: `write it as ${encoded}`,
  }
}
