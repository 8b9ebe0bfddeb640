import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import type { DevelopmentIssuer } from './issuer.ts'
import { type DevelopmentPerson, developmentPeople } from './people.ts'

export interface IssuerServer extends AsyncDisposable {
  /** Address of the key set. */
  readonly url: string
  /** Address of the OpenID Connect metadata. */
  readonly discoveryUrl: string
}

/** A sign-in between the browser's visit and the exchange of its code. */
interface Grant {
  readonly person: DevelopmentPerson
  readonly clientId: string
  readonly redirectUri: string
  readonly challenge: string
  readonly nonce: string | undefined
}

const roleWords = { platform: 'platform team', sales: 'sales', auditor: 'auditor' } as const

export interface ServeIssuerOptions {
  readonly host: string
  readonly port: number
  /** Origin by which services reach it, where the host that it binds to does not say it. */
  readonly url?: string | undefined
  /** Origin by which browsers reach it, where that is another one. */
  readonly browserUrl?: string | undefined
}

/**
 * Serves the issuer where the service looks for it as it would in production, by default on any free port of 127.0.0.1:
 * its public key, and the sign-in of staff (code flow with PKCE), which lets everyone in as anyone.
 */
export async function serveIssuer(
  issuer: DevelopmentIssuer,
  options: ServeIssuerOptions = { host: '127.0.0.1', port: 0 },
): Promise<IssuerServer> {
  const { host, port } = options
  const app = new Hono()
  const server = createServer(getRequestListener(app.fetch))
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a numbered port')
  const url = options.url ?? `http://${host}:${address.port}`
  app.get('/jwks.json', (context) => {
    context.header('content-type', 'application/jwk-set+json')
    return context.body(JSON.stringify(issuer.jwks))
  })
  app.get('/.well-known/openid-configuration', (context) =>
    context.json({
      issuer: issuer.name,
      authorization_endpoint: `${options.browserUrl ?? url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/jwks.json`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
      subject_types_supported: ['public'],
      // No standard field: the console shows a button for each.
      development_people: developmentPeople.map(({ id, name, role }) => ({
        hint: id,
        label: `${name}, ${roleWords[role]}`,
      })),
    }),
  )
  const grants = new Map<string, Grant>()
  app.get('/authorize', (context) => authorize(context, grants))
  app.post('/token', (context) => exchange(context, grants, issuer))
  return {
    url: `${url}/jwks.json`,
    discoveryUrl: `${url}/.well-known/openid-configuration`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Sends the browser back with a code for the person that it asks for; without one it may choose. */
function authorize(context: Context, grants: Map<string, Grant>): Response | Promise<Response> {
  const query = context.req.query()
  const redirect = URL.parse(query.redirect_uri ?? '')
  const isOurs = redirect !== null && isLoopback(redirect.hostname)
  if (!isOurs || query.response_type !== 'code' || query.code_challenge_method !== 'S256' || !query.code_challenge) {
    return context.text(
      'This issuer signs in to a console on this machine, by code with PKCE (S256), and nowhere else.',
      400,
    )
  }
  const person = developmentPeople.find(({ id }) => id === query.login_hint)
  if (person === undefined) {
    const links = developmentPeople.map(({ id, name, role }) => {
      const search = new URLSearchParams({ ...query, login_hint: id })
      return html`<li><a href="/authorize?${search}">${name}, ${roleWords[role]}</a></li>`
    })
    return context.html(html`<!doctype html><title>Sign in</title><h1>Sign in as</h1><ul>${links}</ul>`)
  }
  const code = crypto.randomUUID()
  const { client_id: clientId = '', code_challenge: challenge, nonce } = query
  grants.set(code, { person, clientId, redirectUri: redirect.href, challenge, nonce })
  redirect.searchParams.set('code', code)
  if (query.state !== undefined) redirect.searchParams.set('state', query.state)
  return context.redirect(redirect.href, 303)
}

/** Exchanges a code, once, for the ID token of its person. */
async function exchange(context: Context, grants: Map<string, Grant>, issuer: DevelopmentIssuer): Promise<Response> {
  const form = await context.req.parseBody()
  const code = String(form.code ?? '')
  const grant = grants.get(code)
  grants.delete(code)
  const proof = createHash('sha256')
    .update(String(form.code_verifier ?? ''))
    .digest('base64url')
  const isGood = grant !== undefined && grant.redirectUri === form.redirect_uri && grant.challenge === proof
  if (!isGood) return context.json({ error: 'invalid_grant' }, 400)
  const { person, clientId, nonce } = grant
  const idToken = await issuer.identify(person, { clientId, nonce })
  const accessToken = await issuer.mint({ role: person.role, ttlS: 3600 })
  return context.json({ access_token: accessToken, token_type: 'Bearer', expires_in: 3600, id_token: idToken })
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || hostname.startsWith('127.')
  )
}
