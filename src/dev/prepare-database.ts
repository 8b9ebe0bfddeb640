import { connect } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'

/**
 * Brings the schema up to date, and corrects the registry's index hosts: `pinecone-local` has another address when its
 * old port was taken. It never touches a real Pinecone's hosts, nor those of other projects.
 *
 * @param project the one whose indexes the embedded `pinecone-local` holds.
 */
export async function prepareDatabase(
  databaseUrl: string,
  {
    name: project,
    controllerHost: pineconeLocalUrl,
  }: { readonly name: string; readonly controllerHost?: string | undefined },
): Promise<void> {
  await using database = connect({ url: databaseUrl, max: 2 })
  await migrate(database)
  if (pineconeLocalUrl === undefined || new URL(pineconeLocalUrl).hostname !== '127.0.0.1') return
  const { origin } = new URL(pineconeLocalUrl)
  await database.sql`
    update indexes set host = regexp_replace(host, '^http://127\\.0\\.0\\.1:[0-9]+', ${origin})
    where project = ${project} and host like 'http://127.0.0.1:%' and host not like ${`${origin}/%`}`
}
