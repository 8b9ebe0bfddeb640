import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { seconds } from '../../kit/arguments.ts'
import { moment } from '../../kit/cell.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { exactTime, timeWords } from '../../kit/relative-time.ts'
import { showList } from '../../kit/show.ts'
import { assignments, readTenant, type Tenant, tenantPath } from '../../kit/tenant-lines.ts'
import { type ChangeOptions, changing, type ReadOptions, readingVerb } from '../../kit/verb.ts'
import { isThere, lookAtTenant } from '../../look/look-at-tenant.ts'

interface LimitsInForce {
  readonly limits: readonly {
    readonly name: string
    readonly limit: number | null
    readonly from: string
    readonly windowS: number | null
    readonly used: number | null
  }[]
  readonly until: string | null
  readonly ignored: readonly string[]
}

export function limitsShow(context: Context): Command {
  return readingVerb({
    usage: 'show <tenant>',
    summary: 'show the limits in force for a tenant, and what is used of them',
    example: 'limits show acme-bikes',
  }).action(async (id: string, options: ReadOptions) => {
    await showLimits(context, options, id)
  })
}

async function showLimits(context: Context, options: ReadOptions, id: string): Promise<void> {
  const path = `${tenantPath(id)}/limits`
  const shown = await (await context.api()).send<LimitsInForce>({ method: 'GET', path })
  if (options.json) {
    context.writeJson(shown)
    return
  }
  showList(
    context,
    options,
    { items: shown.limits },
    {
      LIMIT: ({ name }) => name,
      VALUE: ({ limit }) => limit ?? 'none',
      USED: ({ used }) => used,
      PER: ({ windowS }) => (windowS === null ? 'at once' : perWords(windowS)),
      FROM: ({ from }) => from,
      UNTIL: ({ from }) => (from === 'tenant' ? moment(shown.until) : null),
    },
  )
  if (shown.ignored.length > 0)
    context.remark(`Without effect, for nothing has this name: ${shown.ignored.join(', ')}.`)
}

function perWords(windowS: number): string {
  const named = ({ 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day' } as Record<number, string>)[windowS]
  return named ?? `${windowS} s`
}

interface OwnLimits {
  readonly limits: Readonly<Record<string, number>>
  readonly limitsUntil: string | null
}

interface SetOptions extends ChangeOptions {
  readonly for?: number
}

export function limitsSet(context: Context): Command {
  return changing({
    usage: 'set <tenant> <limits...>',
    summary: 'give a tenant limits of its own, beside those that it has; the others are its tier’s',
    example: 'limits set acme-bikes requestsPerMinute=6000 --for 7d --yes',
  })
    .option(
      '--for <time>',
      'how long all of its own limits last, as in 12h or 7d (default: as long as those that it has, else for ever)',
      seconds,
    )
    .action(async (id: string, words: readonly string[], { for: forS, ...options }: SetOptions) => {
      const given = assignments(words).map(([name, text]) => {
        const value = Number(text)
        if (text === '' || !(value >= 0)) throw new CliError('usage', `${name} must be a number of 0 or more.`)
        return [name, value] as const
      })
      const { limits = {}, limitsUntil = null } = await readTenant(await context.api(), id)
      const until = forS === undefined ? stillToCome(limitsUntil) : new Date(Date.now() + forS * 1000).toISOString()
      const lasting = until === null ? '' : `, until ${context.watched ? timeWords(until) : exactTime(until)}`
      const named = given.map(([name, value]) => `${name} ${value}`).join(', ')
      await writeLimits(context, options, id, {
        question: `Give tenant ${id} ${named}${lasting}?`,
        was: { limits, limitsUntil },
        body: { limits: { ...limits, ...Object.fromEntries(given) }, limitsUntil: until },
      })
    })
}

function stillToCome(until: string | null): string | null {
  return until !== null && Date.parse(until) > Date.now() ? until : null
}

export function limitsClear(context: Context): Command {
  return changing({
    usage: 'clear <tenant> [limits...]',
    summary: 'take limits of its own from a tenant, all without names; those of its tier hold again',
    example: 'limits clear acme-bikes requestsPerMinute --yes',
  }).action(async (id: string, names: readonly string[], options: ChangeOptions) => {
    const { limits = {}, limitsUntil = null } = await readTenant(await context.api(), id)
    const unknown = names.filter((name) => !(name in limits))
    if (unknown.length > 0) throw new CliError('usage', `Tenant ${id} has no ${unknown.join(', ')} of its own.`)
    const left = Object.fromEntries(
      Object.entries(limits).filter(([name]) => names.length > 0 && !names.includes(name)),
    )
    await writeLimits(context, options, id, {
      question: `Take ${names.length === 0 ? 'all limits of its own' : names.join(', ')} from tenant ${id}?`,
      was: { limits, limitsUntil },
      body: { limits: left, limitsUntil: Object.keys(left).length === 0 ? null : stillToCome(limitsUntil) },
    })
  })
}

async function writeLimits(
  context: Context,
  options: ChangeOptions,
  id: string,
  { question, was, body }: { readonly question: string } & Readonly<Record<'was' | 'body', OwnLimits>>,
): Promise<void> {
  // They are replaced as a whole, and somebody may change one while the person considers the question.
  const request = { method: 'PATCH', path: tenantPath(id), body: { ...body, was } } as const
  const look = (api: AdminApi) => lookAtTenant(api, id, isThere)
  const tenant = await change<Tenant>(context, options, { question, request, look })
  if (tenant !== undefined) await showLimits(context, options, id)
}
