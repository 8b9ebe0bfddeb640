import { randomUUID } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/connect.ts'
import { missingRights, postgresFacts, schemaDifference } from '../../db/examine-postgres.ts'
import { contactFault } from '../../db/first-contact.ts'
import { NotifyListener } from '../../db/listener.ts'
import { within } from '../../within.ts'
import { type ClockSample, clockSample } from './clock-samples.ts'
import { type Finding, fail, ok, warn, withCauses } from './finding.ts'

/** Postgres 15 is the oldest version that the service is run on. */
const oldest = 150_000
/** Connections of one replica: requests, leases, limits, notifications. */
const ofOneReplica = 16

/** Reach, version, role and room of Postgres. */
export async function checkPostgres(
  { db }: Database,
  url: string,
  note: (sample: ClockSample) => void,
): Promise<readonly Finding[]> {
  const sentMs = Date.now()
  try {
    const facts = await postgresFacts(db)
    note(clockSample('Postgres', facts.atMs, { sentMs, receivedMs: Date.now(), grainMs: 0 }))
    return [...factFindings(facts), ...(await rightFindings(db, facts))]
  } catch (error) {
    const fault = contactFault(error, url)
    return [
      fault === undefined
        ? fail('postgres', `the database does not answer as one: ${withCauses(error)}`, 'See the log of Postgres.')
        : fail('postgres', fault.wrong, fault.remedy),
    ]
  }
}

function factFindings(facts: Awaited<ReturnType<typeof postgresFacts>>): readonly Finding[] {
  const { version, versionNumber, role, database, isReadOnly, connections, connectionsMax } = facts
  const findings = [ok('postgres', `answers: version ${version}, database ${database}, role ${role}`)]
  if (versionNumber < oldest) {
    findings.push(fail('postgres', `its version is ${version}`, 'Upgrade it to Postgres 15 or newer.'))
  }
  if (isReadOnly) {
    const fix = 'Set DATABASE_URL to the primary; with several hosts add ?target_session_attrs=read-write.'
    findings.push(fail('postgres', 'it takes no writes: it is a standby, or read-only by a setting', fix))
  }
  const free = connectionsMax - connections
  if (free < ofOneReplica) {
    const found = `${free} of its ${connectionsMax} connections are free, and a replica may use ${ofOneReplica}`
    findings.push(warn('postgres', found, 'Raise max_connections, or put a pooler before it.'))
  }
  return findings
}

/** The rows of a role: too many rights, or too few. */
async function rightFindings(
  db: Database['db'],
  { role, isSuperuser }: { readonly role: string; readonly isSuperuser: boolean },
): Promise<readonly Finding[]> {
  if (isSuperuser) {
    const fix = 'Run deploy/postgres/roles.sql once, and give the service the role tenant_router_app.'
    return [warn('postgres role', `${role} is a superuser`, fix)]
  }
  const missing = await missingRights(db)
  if (missing.length === 0)
    return [ok('postgres role', `${role} has the rights that the service needs, and is no superuser`)]
  const [first] = missing
  const found = `${role} may not ${first?.rights} in ${missing.length === 1 ? first?.table : `${first?.table} and ${missing.length - 1} more tables`}`
  return [fail('postgres role', found, 'Grant it these rights as the owner; deploy/postgres/roles.sql does.')]
}

/** Whether the schema is that of this version. */
export async function checkSchema({ db }: Database): Promise<readonly Finding[]> {
  const check = 'postgres schema'
  try {
    const { pending, isNewer } = await schemaDifference(db)
    if (pending.length > 0) {
      return [fail(check, `${pending.length} migration(s) have not run`, 'Run `tenant-router migrate` as the owner.')]
    }
    return isNewer
      ? [warn(check, 'is newer than this program', 'Upgrade this program to the version that migrated it.')]
      : [ok(check, 'is up to date')]
  } catch (error) {
    const found = `cannot be read: ${withCauses(error)}`
    return [fail(check, found, 'Grant the role the schema as deploy/postgres/roles.sql does, or set its search_path.')]
  }
}

const heardWithinMs = 3_000

/** Whether notifications arrive, by which replicas learn of changes at once. */
export async function checkNotifications(
  { databaseUrl, databaseListenUrl }: Pick<Config, 'databaseUrl' | 'databaseListenUrl'>,
  { sql }: Database,
): Promise<readonly Finding[]> {
  const check = 'postgres notifications'
  const channel = 'tenant_router_doctor'
  const token = randomUUID()
  const heard = Promise.withResolvers<true>()
  const faults: unknown[] = []
  await using listener = new NotifyListener({
    url: (databaseListenUrl ?? databaseUrl).reveal(),
    applicationName: 'tenant-router doctor listen',
    tell: async (on, payload) => void (await sql`select pg_notify(${on}, ${payload})`),
    onFault: (error) => faults.push(error),
  })
  await listener.listen(channel, (payload) => payload === token && heard.resolve(true))
  await sql`select pg_notify(${channel}, ${token})`
  if (await within(heardWithinMs, heard.promise)) return [ok(check, 'arrive')]
  const why = faults.length > 0 ? `: ${withCauses(faults[0])}` : ', as behind a pooler in transaction mode'
  const fix = 'Set DATABASE_LISTEN_URL to a direct connection to the same database; until then replicas look every 2 s.'
  return [warn(check, `do not arrive${why}`, fix)]
}
