import { html } from 'hono/html'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'

/** Fields that a person filled in, by their names. */
export type Chosen = Readonly<Record<string, string>>

/** A choice that is made before the plan of a deed is shown. */
export interface DeedChoice {
  /** Names of its fields, in the address of the page and in the form that confirms it. */
  readonly fields: readonly string[]
  /** Whether there is something to choose from. */
  isOffered(visit: Visit): Promise<boolean>
  /** Whether enough is chosen to plan it. */
  isMade(chosen: Chosen): boolean
  /** Words for somebody who asks for the plan without having chosen enough. */
  readonly missing: string
  /** The choice as fields of the API's call. */
  bodyOf(chosen: Chosen): object
  /** The form that asks for the plan. */
  form(visit: Visit, chosen: Chosen): Promise<Html>
}

/** The choice in the address of the page, or in its form; undefined: none was made yet. */
export function chosenIn({ query, form }: Visit, { fields, isMade }: DeedChoice): Chosen | undefined {
  const named = fields.map((name) => [name, (form.text(name) || query(name) || '').trim()] as const)
  const chosen = Object.fromEntries(named.filter(([, value]) => value !== ''))
  return isMade(chosen) ? chosen : undefined
}

/** Whether the form was sent, with whatever was chosen in it. */
export function wasAsked({ context }: Visit, { fields }: DeedChoice): boolean {
  return fields.some((name) => context.req.query(name) !== undefined)
}

/** The choice as hidden fields of the form that confirms it. */
export function hiddenChoice(chosen: Chosen): Html {
  return html`${Object.entries(chosen).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}
