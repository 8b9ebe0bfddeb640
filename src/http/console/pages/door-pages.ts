import { html } from 'hono/html'
import type { AppError } from '../../../errors.ts'
import { problemKinds } from '../../pipeline/problem.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { notice } from '../parts/bits.ts'
import { bare, framed } from '../parts/frame.ts'
import { plainly } from '../parts/words.ts'
import type { OfferedPerson } from '../session/sign-in.ts'

interface SignInParts {
  readonly people: readonly OfferedPerson[]
  /** Path of the page that was asked for. */
  readonly returnTo: string
  readonly fault: AppError | undefined
}

export function signInPage(theme: string | undefined, { people, returnTo, fault }: SignInParts): Html {
  const address = (hint?: string) => {
    const search = new URLSearchParams({ to: returnTo, ...(hint !== undefined && { as: hint }) })
    return `/console/sign-in/begin?${search}`
  }
  const ways =
    people.length === 0
      ? html`<p class="ways"><a class="button main" href="${address()}">Sign in</a></p>`
      : html`<p>This is a development service: its issuer lets you in as anyone.</p>
<ul class="ways">${people.map(({ hint, label }) => html`<li><a class="button" href="${address(hint)}">${label}</a></li>`)}</ul>`
  return bare(
    'Sign in',
    theme,
    html`<h1>tenant-router</h1>
<p class="quiet">Tenants, and where they live.</p>
${fault === undefined ? '' : notice('bad', 'You are not signed in', fault.message)}
${ways}`,
  )
}

/** Shown by a deployment without a client at an issuer. */
export function offPage(theme: string | undefined): Html {
  return bare(
    'Console',
    theme,
    html`<h1>The console is not set up</h1>
<p>Nobody can sign in here yet: this deployment names no client at its issuer. Its operator sets <code>CONSOLE_CLIENT_ID</code> and <code>CONSOLE_COOKIE_KEY</code>; docs/console.md says how.</p>
<p class="quiet">The API and its <a href="/docs">documentation</a> work without it.</p>`,
  )
}

export function faultPage(
  visit: Visit | undefined,
  theme: string | undefined,
  error: AppError,
  requestId: string,
): Html {
  const { title, text } = faultWords(error, visit?.isPlain ?? true)
  const body = html`<div class="fault"><h1>${title}</h1><p>${text}</p>
<p><a class="button" href="/console">Back to the console</a></p>
<p class="quiet">Request <code>${requestId}</code></p></div>`
  return visit === undefined ? bare(title, theme, body) : framed(visit, { title, body })
}

/** A fault in the place of the part that was asked for. */
export function faultPart(visit: Visit, error: AppError, requestId: string): Html {
  const { title, text } = faultWords(error, visit.isPlain)
  return notice('bad', title, html`${text} <span class="quiet">Request <code>${requestId}</code></span>`)
}

function faultWords(error: AppError, isPlain: boolean): { readonly title: string; readonly text: string } {
  const kind: { readonly title: string; readonly detail?: string } = problemKinds[error.code]
  const text = (error.shown ? undefined : kind.detail) ?? error.message
  if (!isPlain) return { title: kind.title, text }
  return { title: plainly(kind.title, 'This is not possible now'), text: plainly(text, askPlatform) }
}

const askPlatform = 'The platform team can say why, and what to do: give them the request below.'
