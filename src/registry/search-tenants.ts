import { or, type SQL, sql } from 'drizzle-orm'
import { tenants } from './tenants.sql.ts'

/** Tenants that are looked at one by one, by id, before the text is looked for anywhere. */
const headSize = 2_000

/** Whether the id, the name or the value of an attribute has the text in it, in any case: a condition on `tenants`. */
export function containsText(text: string): SQL {
  const like = containing(text)
  const hasValue = sql`exists (select from jsonb_each_text(tenants.attributes) as a (name, value) where value ilike ${like})`
  return sql`(${mayHaveText(text)} and (tenants.id ilike ${like} or tenants.name ilike ${like} or ${hasValue}))`
}

/**
 * Whether a tenant is among the first ones by id that have the text in them and fulfil a condition. A text that many
 * tenants have fills the page from the head of the list. For any other, Postgres finds the tenants first, by the index of
 * trigrams where there is one (migration 0041), and puts them in order afterwards: left to itself it reads every row in
 * the order of ids.
 */
export function isAmongFirst(text: string, condition: SQL | undefined, limit: number): SQL {
  const narrowed = condition ?? sql`true`
  return sql`${tenants.id} in (
    with head as materialized (
      select id from (select id, name, attributes, searched from ${tenants} where ${narrowed} order by id limit ${headSize}) as tenants
      where ${containsText(text)} limit ${limit}),
    found as materialized (
      select id, name, attributes, searched from ${tenants} where ${mayHaveText(text)} and ${narrowed} and (select count(*) from head) < ${limit})
    select id from head union select id from found as tenants where ${containsText(text)} order by id limit ${limit})`
}

/** A condition that the index serves. It holds for all that have the text, and for few that have it in a name of an attribute. */
function mayHaveText(text: string): SQL {
  const inJson = JSON.stringify(text).slice(1, -1)
  const texts = inJson === text ? [text] : [text, inJson]
  return or(...texts.map((one) => sql`tenants.searched like lower(${containing(one)})`)) as SQL
}

function containing(text: string): string {
  return `%${text.replaceAll(/[%_\\]/g, '\\$&')}%`
}
