import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

export interface Migration {
  readonly tag: string
  /** Milliseconds since 1970; the database records applied migrations by it. */
  readonly when: number
  readonly hash: string
  readonly statements: readonly string[]
}

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[]
}

const folder = new URL('../../migrations/', import.meta.url)

/** The migrations that drizzle-kit wrote, in order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const { entries }: Journal = JSON.parse(await readFile(new URL('meta/_journal.json', folder), 'utf8'))
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const text = await readFile(new URL(`${tag}.sql`, folder), 'utf8')
      const hash = createHash('sha256').update(text).digest('hex')
      // drizzle-kit names the schema `public` in some places and none in others: here the search path decides.
      const statements = text.split('--> statement-breakpoint').map((one) => one.replaceAll('"public".', ''))
      return { tag, when, hash, statements }
    }),
  )
}
