import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/connect.ts'
import { openTryQuery } from '../http/console/kit/try-query.ts'
import { mountConsole } from '../http/console/mount-console.ts'
import { openSignIns } from '../http/console/session/sign-ins.ts'
import type { AnyRoute } from '../http/pipeline/route.ts'

interface ConsoleParts {
  readonly db: Db
  readonly routes: readonly AnyRoute[]
  /** Routes of the public listener, which the platform team may try. */
  readonly forTenants: readonly AnyRoute[]
  readonly log: Logger
  readonly streamsEnd: AbortSignal
}

/** The console over the admin listener's routes, as its settings say. */
export function openConsole(
  { console: settings, jwt }: Config,
  { db, forTenants, ...rest }: ConsoleParts,
): (app: Hono) => void {
  const parts = { ...rest, tryQuery: openTryQuery(db, forTenants) }
  if (settings === undefined) return (app) => mountConsole(app, parts)
  const { clientId, clientSecret, discoveryUrl, url, cookieKey } = settings
  const client = { clientId, clientSecret: clientSecret?.reveal(), discoveryUrl, url }
  const door = { ...client, cookieKey: cookieKey.reveal(), signIns: openSignIns(db) }
  return (app) => mountConsole(app, { ...parts, door: { ...door, issuer: jwt.issuer, claims: jwt } })
}
