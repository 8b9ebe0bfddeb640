import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openIssuer } from '../../src/embedded/issuer.ts'
import { serveIssuer } from '../../src/embedded/issuer-server.ts'
import type { Parts } from './parts.ts'

export interface ConsoleIssuer extends AsyncDisposable {
  /** Settings of a service whose console this issuer signs people in to. */
  readonly settings: Readonly<Record<string, string>>
}

/** An issuer for the console of a benchmark's service, beside the one of its tokens and by the same name. */
export async function startConsoleIssuer(parts: Parts): Promise<ConsoleIssuer> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-bench-issuer-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = parts.issuer.settings
  const claims = { tenantClaim: 'tenant_id', groupsClaim: 'groups', rolesClaim: 'roles' }
  const served = stack.use(await serveIssuer(await openIssuer(folder, { issuer, audience, ...claims })))
  const owned = stack.move()
  return {
    settings: {
      CONSOLE_CLIENT_ID: 'bench',
      CONSOLE_COOKIE_KEY: 'a key of 32 characters, and no secret',
      CONSOLE_DISCOVERY_URL: served.discoveryUrl,
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Signs in to a console by its issuer, as the platform team. @returns the header `cookie` of its requests */
export async function consoleCookie(adminUrl: string): Promise<string> {
  const begun = await fetch(`${adminUrl}/console/sign-in/begin?as=platform`, { redirect: 'manual' })
  const issued = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' })
  const done = await fetch(issued.headers.get('location') ?? '', {
    redirect: 'manual',
    headers: { cookie: cookiesOf(begun) },
  })
  const cookie = cookiesOf(done)
  if (!cookie.includes('console_session=')) throw new Error(`nobody was signed in: ${done.status}`)
  return cookie
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .filter((pair) => !pair?.endsWith('='))
    .join('; ')
}
