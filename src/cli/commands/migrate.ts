import type { Command } from 'commander'
import { databaseUrlSetting } from '../../config/config.ts'
import { agree } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { needServiceNode } from '../kit/service-node.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'

interface MigrateOptions extends ChangeOptions {
  readonly afterRestore?: true
}

export function migrateCommand(context: Context): Command {
  return changing({
    usage: 'migrate',
    summary: "bring the schema of DATABASE_URL's database up to date; a second run changes nothing",
    example: 'migrate --yes',
  })
    .option(
      '--after-restore',
      'after a restore, also hold every tenant, and raise the numbers that the store may already hold',
    )
    .action(async (options: MigrateOptions) => {
      needServiceNode('migrate')
      // Loaded here: drizzle is half of what a start would cost, and no other verb needs it.
      const [
        { connect },
        { firstContact },
        { migrate: bringUpToDate },
        { countToHold, raiseAfterRestore },
        { pendingMigrations },
      ] = await Promise.all([
        import('../../db/connect.ts'),
        import('../../db/first-contact.ts'),
        import('../../db/migrate.ts'),
        import('../../db/after-restore.ts'),
        import('../../db/pending-migrations.ts'),
      ])
      const url = databaseUrlSetting().reveal()
      await using database = connect({
        url,
        max: 2,
        applicationName: 'tenant-router migrate',
        // A statement on a large table takes its time.
        patienceMs: Number.POSITIVE_INFINITY,
      })
      try {
        const migrations = await firstContact(url, () => pendingMigrations(database.db))
        const pending = migrations.map(({ tag }) => tag)
        if (pending.length > 0 && !options.dryRun) {
          await agree(context, options, `Run ${pending.length} migration(s) on the database: ${pending.join(', ')}?`)
          await bringUpToDate(database)
        }
        if (options.afterRestore && !options.dryRun) {
          const question =
            'Hold every tenant, and raise the numbers of writes and places? Every replica has to be down.'
          await agree(context, options, question)
          const { tenants, uploads } = await raiseAfterRestore(database)
          if (!options.json) {
            const ended = uploads === 0 ? '' : ` ${uploads} waiting upload(s) ended as failed.`
            context.write(`Held ${tenants} tenant(s); raised the numbers of writes and places.${ended}`)
            context.write('Start the replicas, then: tenant-router reconcile --from-store')
          }
        }
        const toHold = options.afterRestore && options.dryRun ? await countToHold(database) : undefined
        if (toHold !== undefined && !options.json) {
          context.write(`Would hold ${toHold} tenant(s), and raise the numbers of writes and places.`)
        }
        if (options.json) {
          const would = toHold === undefined ? {} : { wouldHold: toHold }
          context.writeJson({ dryRun: options.dryRun === true, migrations: pending, ...would })
        } else if (pending.length === 0) context.write('The schema is up to date.')
        else context.write(`${options.dryRun ? 'Would run' : 'Ran'}: ${pending.join(', ')}.`)
      } catch (error) {
        if (error instanceof CliError) throw error
        throw new CliError('failed', `The database could not be migrated: ${reasonOf(error)}`, { cause: error })
      }
    })
}

/** Postgres's own message: the query builder's says which statement failed, the cause says why. */
function reasonOf(error: unknown): string {
  let words = String(error)
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; fault = fault.cause, depth += 1) {
    words = fault.message || String('code' in fault ? fault.code : fault.name)
    if ('severity' in fault && 'code' in fault) return `Postgres says "${fault.message}" (${String(fault.code)}).`
  }
  return words
}
