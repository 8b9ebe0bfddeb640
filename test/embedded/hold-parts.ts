import { connect } from '../../src/db/connect.ts'
import { startParts } from '../../src/embedded/parts.ts'

// A process to be killed: starts the parts, writes a row, says so, and stays.
const [folder = '', issuer = '{}'] = process.argv.slice(2)
const parts = await startParts({ folder, issuer: JSON.parse(issuer) })
await using database = connect({ url: parts.settings.DATABASE_URL ?? '', max: 1 })
await database.sql`create table kept (note text)`
await database.sql`insert into kept values ('before the kill')`
process.send?.('ready')
await parts.broken
