import { html } from 'hono/html'
import type { MoveReport } from '../../../moves/show-report.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { type Fact, facts, number, stateMark, when } from '../parts/bits.ts'
import { framed } from '../parts/frame.ts'
import { kindText } from '../parts/move.ts'
import { embeddingFacts } from '../parts/move-embedding.ts'
import { moveWords } from '../parts/words.ts'

/** Ranges that are shown; the API has all of them. */
const rangesShown = 100

/** The lasting record of a move: what was compared, by which digests, and its chained history. */
export async function reportPage(visit: Visit): Promise<PageResult> {
  const { api, context, isPlain } = visit
  const report = await api.ask<MoveReport>('GET /moves/{id}/report', { params: { id: context.req.param('id') ?? '' } })
  const { words, tone } = moveWords[report.state]
  const body = html`<div class="head"><h1>Report: <a href="/console/tenants/${report.tenantId}">${report.tenantId}</a> ${kindText(report)}</h1>${stateMark(words, tone)}</div>
<p class="lead">What both places had when they were compared. <a href="/console/moves/${report.moveId}">Back to the move</a></p>
<div class="stack"><section class="card"><h2>Comparison</h2>${facts(comparison(report, isPlain))}</section>
${historyPart(report, isPlain)}
${isPlain ? '' : rangesPart(report)}</div>`
  return { html: framed(visit, { title: 'Report', body, at: '/console/moves' }) }
}

function comparison(report: MoveReport, isPlain: boolean): readonly Fact[] {
  const { verification, writePauseMs, source, target } = report
  const { verifiedAt, sourceRecords, readAgain, targetRecords, equal, repaired, digest, replayed } = verification
  const asked =
    replayed === undefined
      ? []
      : [
          {
            name: 'Questions asked of both',
            value: `${number(replayed.queries)}, ${percent(replayed.meanOverlapAt10)} the same answers, ${percent(replayed.leastOverlapAt10)} at least`,
          },
        ]
  const places = isPlain
    ? []
    : [
        { name: 'From', value: html`<code>${source.index}</code>, generation ${source.generation}` },
        ...(target === null
          ? []
          : [{ name: 'To', value: html`<code>${target.index}</code>, generation ${target.generation}` }]),
        { name: 'Digest', value: html`<code>${digest}</code>` },
      ]
  return [
    { name: 'Compared', value: when(verifiedAt) },
    { name: 'Records before', value: number(sourceRecords) },
    ...(readAgain === undefined || isPlain ? [] : [{ name: 'Read again', value: number(readAgain) }]),
    ...(isPlain ? [] : lanesFact(verification)),
    { name: 'Records after', value: number(targetRecords) },
    { name: 'Alike', value: number(equal) },
    { name: 'Repaired', value: number(repaired) },
    ...asked,
    ...embeddingFacts(report),
    ...(writePauseMs === null ? [] : [{ name: 'Writes waited', value: `${number(writePauseMs)} ms` }]),
    ...places,
  ]
}

/** How many parts were compared at once; absent from reports of an older version. */
function lanesFact({ lanes, discarded = 0 }: MoveReport['verification']): readonly Fact[] {
  if (lanes === undefined) return []
  const value = discarded > 0 ? `${lanes}, after a comparison in lanes was not trusted` : number(lanes)
  return [{ name: 'Lanes', value }]
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function historyPart({ history }: MoveReport, isPlain: boolean): Html {
  const hash = (text: string) => (isPlain ? '' : html`<td><code>${text.slice(0, 16)}…</code></td>`)
  return html`<section class="card"><h2>History</h2><table class="plain"><thead><tr><th scope="col">When</th><th scope="col">State</th>${isPlain ? '' : html`<th scope="col">Hash, over the line before</th>`}</tr></thead><tbody>${history.map(
    ({ at, state, hash: text }) =>
      html`<tr><td>${at.slice(0, 19).replace('T', ' ')} UTC</td><td>${moveWords[state].words}</td>${hash(text)}</tr>`,
  )}</tbody></table></section>`
}

function rangesPart({ ranges, rangeSize }: MoveReport): Html {
  const left =
    ranges.length > rangesShown
      ? html`<p class="quiet">${number(ranges.length - rangesShown)} more: GET /moves/{id}/report</p>`
      : ''
  return html`<section class="card"><h2>Digests by range of ids</h2><p class="quiet">Up to ${number(rangeSize)} records each.</p><table class="plain"><thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col" class="num">Records</th><th scope="col">Digest</th></tr></thead><tbody>${ranges
    .slice(0, rangesShown)
    .map(
      ({ firstId, lastId, records, digest }) =>
        html`<tr><td><code>${firstId}</code></td><td><code>${lastId}</code></td><td class="num">${number(records)}</td><td><code>${digest.slice(0, 16)}…</code></td></tr>`,
    )}</tbody></table>${left}</section>`
}
