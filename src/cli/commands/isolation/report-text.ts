import type { IsolationReport } from '../../../evidence/isolation-report.ts'

/** A report for a person, a line each. */
export function reportText(report: IsolationReport): readonly string[] {
  const { window, population, sample, exceptions, furtherExceptions, notCovered, routes } = report
  return [
    `Outcome     ${outcomeWords[report.outcome]}`,
    `Run         ${report.runId}, tenant-router ${report.version}`,
    `Window      ${window.from} to ${window.to}`,
    `Population  ${population.tenantsInPools} tenants in ${population.shards.length} shared indexes, ${population.tenantsInSilos} in indexes of their own; ${population.routes} routes`,
    `Sample      ${sample.canaries.length} canaries (${sample.pairs.asked} of ${sample.pairs.of} pairs), ${sample.customers.length} customers named; ${sample.requests} requests`,
    `Routes      ${routes.filter(({ requests }) => requests > 0).length} asked`,
    ...exceptions.map(
      ({ kind, phase, route, asker, reached, words }) =>
        `Exception   ${kind}, ${phase}: ${[route, asker && `asked by ${asker}`, reached && `reached ${reached}`].filter(Boolean).join(', ')}. ${words}`,
    ),
    ...(furtherExceptions > 0 ? [`            ${furtherExceptions} further exceptions`] : []),
    ...notCovered.map((words) => `Not covered ${words}`),
  ]
}

const outcomeWords = {
  passed: 'passed: no tenant reached another',
  failed: 'FAILED: a tenant reached another',
  inconclusive: 'inconclusive: no tenant reached another, and not every check had a result',
} as const
