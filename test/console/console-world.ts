import { openIssuer } from '../../src/embedded/issuer.ts'
import { serveIssuer } from '../../src/embedded/issuer-server.ts'
import { listen } from '../../src/http/listen.ts'
import type { Overrides } from '../../src/parts/overrides.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

export type Person = 'platform' | 'platform-2' | 'sales' | 'auditor'

/** A service whose console listens, with an issuer that lets the people of `npm start` in. */
export class ConsoleWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  readonly replica: ServiceReplica
  /** Origin of the admin listener. */
  readonly url: string

  readonly #env: Readonly<Record<string, string>>

  private constructor(
    service: ServiceWorld,
    replica: ServiceReplica,
    url: string,
    env: Readonly<Record<string, string>>,
  ) {
    this.service = service
    this.replica = replica
    this.url = url
    this.#env = env
  }

  static async open(env: Readonly<Record<string, string>> = {}, overrides: Overrides = {}): Promise<ConsoleWorld> {
    const service = await ServiceWorld.open()
    const folder = service.stack.use(await temporaryFolder())
    const { issuer, audience, tenantClaim, groupsClaim, rolesClaim } = service.issuer.settings
    const claims = { tenantClaim, groupsClaim, rolesClaim }
    const served = service.stack.use(await serveIssuer(await openIssuer(folder.path, { issuer, audience, ...claims })))
    const settings = {
      CONSOLE_CLIENT_ID: 'console',
      CONSOLE_COOKIE_KEY: 'a key of 32 characters, and no secret',
      CONSOLE_DISCOVERY_URL: served.discoveryUrl,
    }
    const replica = await service.replica({ ...settings, ...env }, overrides)
    const listener = service.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
    return new ConsoleWorld(service, replica, listener.url, { ...settings, ...env })
  }

  /** Onboards a tenant by the API, as the platform team. @returns the `Authorization` of its app */
  onboard(id: string, more: object = {}): Promise<string> {
    return this.service.onboard(this.replica, id, more)
  }

  /** The answer of the API to a member of the platform team. */
  async ask(path: string, body?: unknown, method?: string) {
    const authorization = await this.service.issuer.staff('platform')
    return this.replica.admin({ path, authorization, body, ...(method !== undefined && { method }) })
  }

  /** A browser without a screen: keeps cookies, and follows no redirect. */
  visitor(): Visitor {
    return new Visitor(this.url)
  }

  /** A second replica with the same settings, which knows nothing of the first one's sign-ins. */
  async anotherReplica(): Promise<{ withCookiesOf(visitor: Visitor): Visitor }> {
    const replica = await this.service.replica(this.#env)
    const listener = this.service.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
    return {
      withCookiesOf({ cookies }) {
        const visitor = new Visitor(listener.url)
        for (const [name, value] of cookies) visitor.cookies.set(name, value)
        return visitor
      },
    }
  }

  /** A visitor who has signed in. */
  async signedIn(person: Person): Promise<Visitor> {
    const visitor = this.visitor()
    await visitor.signIn(person)
    return visitor
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]()
  }
}

interface Visited {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The address that a redirect leads to. */
  readonly location: string
}

interface Visit {
  readonly form?: readonly (readonly [string, string])[]
  readonly headers?: Readonly<Record<string, string>>
}

export class Visitor {
  readonly #url: string
  readonly cookies = new Map<string, string>()

  constructor(url: string) {
    this.#url = url
  }

  async go(address: string, { form, headers }: Visit = {}): Promise<Visited> {
    const url = new URL(address, this.#url)
    const response = await fetch(url, {
      redirect: 'manual',
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form !== undefined && { origin: this.#url }),
        ...headers,
      },
      ...(form !== undefined && {
        body: new URLSearchParams(form.map(([name, value]): [string, string] => [name, value])),
      }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = response.headers.get('location') ?? ''
    return { status: response.status, headers: response.headers, text: await response.text(), location }
  }

  /** Signs in by the issuer. @returns the answer to the issuer's redirect */
  async signIn(person: Person): Promise<Visited> {
    const { location } = await this.go(`/console/sign-in/begin?as=${person}`)
    const issued = await fetch(location, { redirect: 'manual' })
    return this.go(issued.headers.get('location') ?? '')
  }

  /** Selects tenants to tag, as the list does, and reads the preview. @returns the form that tags them */
  async previewTags(tier: string, ids: readonly string[]): Promise<(readonly [string, string])[]> {
    const proof = ['_csrf', await this.proof()] as const
    const form = [proof, ['tier', tier] as const, ...ids.map((id) => ['id', id] as const)]
    const { text } = await this.go('/console/tenants/tag', { form })
    const preview = /name="import" value="([^"]+)"/.exec(text)?.[1]
    if (preview === undefined) throw new Error(`the preview has nothing to tag: ${text}`)
    return [proof, ['tier', tier], ['import', preview]]
  }

  /** The proof that this visitor's forms carry. */
  async proof(): Promise<string> {
    const { text } = await this.go('/console/tenants')
    const proof = /name="_csrf" value="([^"]+)"/.exec(text)?.[1]
    if (proof === undefined) throw new Error(`the page has no form: ${text}`)
    return proof
  }
}
