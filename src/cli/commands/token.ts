import { type Command, Option } from 'commander'
import { type Role, roles, type Scope, scopes } from '../../auth/principal.ts'
import { positiveNumber, words } from '../kit/arguments.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly tenant?: string
  readonly groups?: readonly string[]
  readonly scope: readonly string[]
  readonly role?: Role
  readonly ttl: number
}

/** Writes only the token to stdout, so that `TOKEN=$(tenant-router token …)` works. */
export function token(context: Context): Command {
  return readingVerb({
    usage: 'token',
    summary: 'mint a token of the development issuer of `npm start`; no other service trusts it',
    example: 'token --tenant acme-bikes --groups support --scope "rag:read"\n  tenant-router token --role platform',
  })
    .addOption(new Option('--tenant <id>', 'for an app of this tenant').conflicts('role'))
    .option('--groups <list>', 'groups of the caller, as in a,b', words)
    .option('--scope <list>', 'scopes of the token', words, scopes)
    .addOption(new Option('--role <role>', 'for a member of staff').choices(roles))
    .option('--ttl <seconds>', 'lifetime of the token', positiveNumber, 12 * 3600)
    .action(async (options: Options) => {
      const { hasIssuer, openIssuer } = await import('../../embedded/issuer.ts')
      const { dataDir, issuer } = context.development
      const request = requestOf(options)
      if (!(await hasIssuer(dataDir))) {
        throw new CliError('failed', `There is no development issuer in ${dataDir}: "npm start" makes one.`)
      }
      const minted = await (await openIssuer(dataDir, issuer)).mint(request)
      if (options.json) context.writeJson({ token: minted })
      else context.write(minted)
    })
}

function requestOf({ tenant, groups, scope, role, ttl }: Options) {
  if (role !== undefined) return { role, ttlS: ttl }
  if (tenant === undefined)
    throw new CliError('usage', "Name the token's owner: --tenant ID or --role platform. See --help.")
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(tenant)) {
    throw new CliError('usage', 'A tenant id has 1 to 64 of the characters A–Z a–z 0–9 _ -.')
  }
  const wrong = scope.filter((word) => !scopes.some((known) => known === word))
  if (wrong.length > 0) throw new CliError('usage', `There is no scope ${wrong.join(', ')}: use ${scopes.join(', ')}.`)
  return { tenant, scopes: scope as readonly Scope[], ttlS: ttl, ...(groups === undefined ? {} : { groups }) }
}
