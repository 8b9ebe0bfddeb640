import type { Context } from 'hono'
import type { Session } from '../session/cookies.ts'
import type { Html } from './html.ts'
import type { StaffApi } from './staff-api.ts'
import type { TriedMatch, TriedQuestion } from './try-query.ts'

/** A signed-in person's request for a page. */
export interface Visit {
  readonly context: Context
  readonly session: Session
  readonly api: StaffApi
  /** Proof for the page's forms. */
  readonly csrf: string
  /** Fires when the visitor goes away, or the service stops. */
  readonly signal: AbortSignal
  /** Whether the machinery's words are left out: for people who are in sales alone. */
  readonly isPlain: boolean
  readonly theme: string | undefined
  /** Whether htmx asks for a part of a page. */
  readonly isPart: boolean
  /** Field of the address. */
  query(name: string): string | undefined
  /** Asks in a tenant's place; undefined for those who may not. */
  readonly tryQuery: ((question: TriedQuestion) => Promise<readonly TriedMatch[]>) | undefined
  /** Fields of the form that was sent. */
  readonly form: FormFields
}

/** Values of a form that was sent, by field name. */
export class FormFields {
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields
  }

  text(name: string): string {
    return this.all(name)[0] ?? ''
  }

  /** A file that was chosen; undefined without one. */
  file(name: string): File | undefined {
    const value = this.#fields[name]
    return value instanceof File && value.size > 0 ? value : undefined
  }

  /** Every value of a repeated field. */
  all(name: string): readonly string[] {
    const value = this.#fields[name]
    return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')
  }
}

/** Status and content of a page or a part of one. */
export interface PageReply {
  readonly status?: 200 | 400 | 404 | 409 | 422
  readonly html: Html
  readonly headers?: Readonly<Record<string, string>>
}

/** A page, or a path to go to instead. */
export type PageResult = PageReply | { readonly goTo: string } | Response

export interface ConsolePage {
  readonly method: 'get' | 'post'
  /** Below `/console`, in Hono's notation. */
  readonly path: string
  show(visit: Visit): Promise<PageResult>
}
