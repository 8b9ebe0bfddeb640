import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { type Fact, facts, number } from '../parts/bits.ts'
import { moneyText } from '../parts/money.ts'

/** A day of `GET /usage`, as far as the page shows it. */
interface UsedDay {
  readonly day: string
  readonly requests: number
  readonly errors: number
  readonly p99Ms: number | null
}

/** A tenant of `GET /costs`, as far as the page shows it. */
interface MonthCost {
  readonly requests: number
  readonly cost: { readonly total: number } | null
  readonly notes: readonly string[]
}

/** Requests by the day as a chart, and what the tenant costs in this month. */
export async function usagePart({ api, isPlain }: Visit, tenantId: string): Promise<Html | string> {
  if (!api.may('GET /usage') || !api.may('GET /costs')) return ''
  const [used, costs] = await Promise.all([
    api.ask<Page<UsedDay>>('GET /usage', { query: { tenantId, limit: '62' } }),
    api.ask<Page<MonthCost>>('GET /costs', { query: { tenantId } }),
  ])
  const days = used.items.toReversed()
  const [month] = costs.items
  if (days.length === 0 && month === undefined) return ''
  const table = html`<table class="plain"><thead><tr><th scope="col">Day</th><th scope="col" class="num">Requests</th><th scope="col" class="num">Failed</th><th scope="col" class="num">99 % within</th></tr></thead><tbody>${days
    .toReversed()
    .slice(0, 14)
    .map(
      ({ day, requests, errors, p99Ms }) =>
        html`<tr><td>${day}</td><td class="num">${number(requests)}</td><td class="num">${number(errors)}</td><td class="num">${p99Ms === null ? '–' : `${number(Math.round(p99Ms))} ms`}</td></tr>`,
    )}</tbody></table>`
  return html`<section class="card"><h2>Usage</h2>${month === undefined ? '' : facts(costFacts(month, isPlain))}
${
  days.length < 2
    ? ''
    : html`<div class="chart" data-chart="${JSON.stringify([days.map(({ day }) => Date.parse(day) / 1000), days.map(({ requests }) => requests)])}" data-label="Requests a day" role="img" aria-label="Requests a day, from ${days[0]?.day ?? ''} to ${days.at(-1)?.day ?? ''}; the table below has the numbers"></div>`
}
<details><summary>By the day</summary>${table}</details></section>`
}

function costFacts({ cost, requests, notes }: MonthCost, isPlain: boolean): readonly Fact[] {
  const amount = cost === null ? 'no price for its region' : moneyText(cost.total)
  const shown = isPlain ? [] : notes.map((note): Fact => ({ name: 'Not in it', value: note }))
  return [
    { name: 'Requests this month', value: number(requests) },
    { name: 'Cost this month', value: `${amount}${cost === null ? '' : ', an estimate by list prices'}` },
    ...shown,
  ]
}
