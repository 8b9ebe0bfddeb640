import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminApi } from '../kit/admin-api.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { readTenant } from '../kit/tenant-lines.ts'
import type { ReadOptions } from '../kit/verb.ts'
import { Connection } from './connection.ts'
import { timeLeft } from './progress-line.ts'

const pollMs = 500

/**
 * Waits until nothing of a tenant is left and the receipt is signed; then `tenants receipt` has it.
 * @throws CliError `interrupted` on Ctrl-C, which leaves the deletion running; `failed` when the tenant is kept, or the
 *   service was away for two minutes
 */
export async function watchOffboarding(
  context: Context,
  api: AdminApi,
  id: string,
  options: ReadOptions,
): Promise<void> {
  const again = `tenant-router tenants offboard ${id} --yes`
  const startedMs = performance.now()
  const connection = new Connection(context, 'the deletion goes on')
  for (;;) {
    try {
      const { status } = await readTenant(api, id)
      connection.heard()
      if (status === 'offboarded') break
      if (status !== 'offboarding') {
        throw new CliError('failed', `Tenant ${id} is ${status}: the deletion was given up. See tenants show ${id}`)
      }
      const elapsed = timeLeft((performance.now() - startedMs) / 1000)
      if (!options.json) context.status(`… Delete all that is kept of ${id}, and look whether it is gone  ${elapsed}`)
    } catch (error) {
      if (context.interrupted.aborted) throw noLongerWatched(again)
      connection.missed(error)
    }
    await sleep(pollMs, undefined, { signal: context.interrupted }).catch(() => {
      throw noLongerWatched(again)
    })
  }
  context.status('')
}

function noLongerWatched(again: string): CliError {
  return new CliError('interrupted', `No longer watched; the deletion goes on. Watch it again with: ${again}`)
}
