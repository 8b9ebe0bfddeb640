import type { IsolationOutcome, IsolationReport } from '../evidence/isolation-report.ts'
import type { Placement } from '../placement/placement.ts'
import type { IndexRow } from '../registry/indexes.ts'
import type { IsolationEntry } from './entries/isolation-entry.ts'
import type { Canary } from './probe/canary.ts'
import type { Exceptions } from './probe/exceptions.ts'
import type { ProbedRoute } from './probe/probed-route.ts'

export interface ReportParts {
  readonly runId: string
  readonly version: string
  readonly from: Date
  readonly exceptions: Exceptions
  readonly shards: readonly IndexRow[]
  readonly customers: readonly Placement[]
  readonly counts: { readonly pool: number; readonly silo: number }
  readonly canaries: readonly Canary[]
  /** Pairs of canaries that were asked as one another. */
  readonly asked: number
  readonly entries: Readonly<Record<string, IsolationEntry>>
  readonly routes: readonly ProbedRoute[]
  readonly notCovered: readonly string[]
  readonly previous: IsolationReport['previous']
}

const method = [
  'Canaries are tenants that only this service can make, two in each shared index. Each run gives each of them keys of its own, records and documents with texts of 128 random bits, and some under ids that all canaries have.',
  'Every route of both listeners, as the router lists them, is asked without a key, with what is no key, and with the names of a tenant instead of one; each route of staff also with a canary’s key.',
  'Through every route that reads, canaries ask for what they have and for what the other has, by its ids, filters and words, and name the other and sampled customers in the query string, headers and body. Each is asked with a key of its app, which must not see what `visibility` hides, with one that sees that too, and again, after other canaries have asked the same. No answer may hold a text, id or place that is not the asker’s own, and the control must show the asker’s own text.',
  'Through every route that writes, half of the canaries write, change and delete, also under ids and names of the other half, in rounds in which each canary once writes while each other one stands by. All that the others have (records with values and metadata, documents) is compared before and after the time within which the store shows writes.',
  'With `--move` a canary is promoted into an index of its own: all read and write beside one another there, and read again after it was rolled back.',
  'The places of the sampled customers are asked for the ids of the canaries’ records.',
]

const never = [
  'Customers’ own records are neither read nor compared: what is said of them follows from the canaries beside them and from the ids in the answers that canaries get.',
  'No canary lives in a customer’s own index (silo); the silos of the sample are named by canaries and asked for canaries’ records.',
  'Whoever has the store’s own key, the registry’s password or the issuer’s key passes by the router.',
  'Timing, and what a tenant can infer from limits and load, is not measured.',
]

export function reportOf(parts: ReportParts): IsolationReport {
  const { exceptions, shards, customers, canaries, counts, entries, routes } = parts
  return {
    runId: parts.runId,
    version: parts.version,
    outcome: outcomeOf(exceptions),
    window: { from: parts.from.toISOString(), to: new Date().toISOString() },
    population: {
      shards: shards.map(({ name, project, namespacesUsed }) => ({ index: name, project, tenants: namespacesUsed })),
      tenantsInPools: counts.pool,
      tenantsInSilos: counts.silo,
      routes: routes.length,
    },
    sample: {
      canaries: canaries.map(({ tenantId, placement: { indexName: index, generation } }) => ({
        tenantId,
        index,
        generation,
      })),
      customers: customers.map(({ tenantId, indexName: index }) => ({ tenantId, index })),
      pairs: { of: canaries.length * (canaries.length - 1), asked: parts.asked },
      requests: exceptions.requests,
    },
    method,
    routes: routes.map(({ name, side }) => ({
      route: name,
      entry: side === 'admin' ? 'refuses tenants' : (entries[name]?.kind ?? 'none'),
      requests: exceptions.requestsOf(name).asked,
    })),
    exceptions: exceptions.list,
    furtherExceptions: exceptions.further,
    notCovered: [...parts.notCovered, ...never],
    previous: parts.previous,
  }
}

function outcomeOf(exceptions: Exceptions): IsolationOutcome {
  if (exceptions.hasFindings) return 'failed'
  return exceptions.list.length === 0 ? 'passed' : 'inconclusive'
}
