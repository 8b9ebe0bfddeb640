import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import { AppError } from '../../../errors.ts'
import type { AdvicePage } from '../../../moves/advice/list-advice.ts'
import type { IndexReembedView } from '../../../moves/batch/list-reembeds.ts'
import type { IndexView } from '../../../tenants/indexes/index-view.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { emptyState, facts, notice, number, stateMark, when } from '../parts/bits.ts'
import { framed } from '../parts/frame.ts'

const at = '/console/shards'

/** The indexes: how full the shared ones are, when the next one opens, and how many a project still allows. */
export async function shardsPage(visit: Visit): Promise<PageResult> {
  if (visit.isPlain) throw new AppError('forbidden', 'Your role has no use for this page.')
  const cursor = visit.query('cursor')
  const [{ items, nextCursor }, { silosLeft, modelEnds }, reembeds] = await Promise.all([
    visit.api.ask<Page<IndexView>>('GET /indexes', { query: { limit: '200', cursor } }),
    visit.api.ask<Pick<AdvicePage, 'silosLeft' | 'modelEnds'>>('GET /advice', { query: { limit: '1' } }),
    visit.api.ask<{ readonly items: readonly IndexReembedView[] }>('GET /reembeds'),
  ])
  const shared = items.filter(({ kind }) => kind === 'pool')
  const own = items.filter(({ kind }) => kind === 'silo')
  const more =
    nextCursor === null
      ? ''
      : html`<p><a class="button" href="${at}?cursor=${encodeURIComponent(nextCursor)}">Next page</a></p>`
  const body = html`<div class="head"><h1>Shards</h1></div>
${modelEnds.map(({ model, words }) => notice('warn', `The model ${model} ends`, words))}
${reembeds.items.filter(({ state }) => state === 'running').map(reembedNotice)}
<section class="card">${facts([
    { name: 'Indexes left', value: `${number(silosLeft)} more fit into the projects` },
    { name: 'Next shard', value: forecast(shared) },
  ])}</section>
<h2 class="over">Shared</h2>${shared.length === 0 ? emptyState('There is no shard yet', 'The first tenant opens one.') : sharedTable(shared)}
<h2 class="over">Dedicated</h2>${own.length === 0 ? emptyState('No tenant has an index of its own', 'A promote makes one.') : ownTable(own)}${more}`
  return { html: framed(visit, { title: 'Shards', body, at }) }
}

/** How far an index is whose tenants change their model. */
function reembedNotice({ index, model, tenants, skipped, tokensUsed, tokensPerDay }: IndexReembedView): Html {
  const { left, open, moved } = tenants
  const passed = skipped.length === 0 ? '' : `, ${number(skipped.length)} skipped`
  const words = `${number(moved)} moved, ${number(open)} on the way, ${number(left)} left${passed}. ${number(tokensUsed)} of the day’s ${number(tokensPerDay)} tokens are used.`
  return notice('busy', `The tenants of ${index} change to ${model}`, words)
}

const dayMs = 86_400_000

/** When the next shard opens, by the pace at which the youngest one has filled. */
function forecast(shared: readonly IndexView[]): string {
  const open = shared.filter(({ full, state }) => !full && state === 'ready')
  const youngest = open.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0]
  if (youngest === undefined) return 'opens with the next tenant'
  const days = (Date.now() - Date.parse(youngest.createdAt)) / dayMs
  const left = open.reduce((sum, { limit, namespaces }) => sum + limit - namespaces, 0)
  if (days < 1 || youngest.namespaces === 0) return `${number(left)} tenants still fit; its pace is known after a day`
  const perDay = youngest.namespaces / days
  const pace = perDay < 1 ? 'less than one a day' : `${number(Math.round(perDay))} a day`
  return `opens in about ${span(left / perDay)}, at ${pace}: ${number(left)} tenants still fit`
}

function span(days: number): string {
  if (days < 2) return 'a day'
  if (days < 21) return `${Math.round(days)} days`
  return days < 120 ? `${Math.round(days / 7)} weeks` : `${number(Math.round(days / 30))} months`
}

function sharedTable(indexes: readonly IndexView[]): Html {
  return html`<table class="list"><thead><tr><th scope="col">Index</th><th scope="col">State</th><th scope="col">Tenants</th><th scope="col">Fill</th><th scope="col">Region</th><th scope="col">Opened</th></tr></thead><tbody>${indexes.map(
    (index) =>
      html`<tr><th scope="row"><code>${index.name}</code>${projectText(index)}</th><td>${stateOf(index)}</td><td>${number(index.namespaces)} of ${number(index.limit)}</td><td><meter min="0" max="1" low="0.7" high="0.9" optimum="0" value="${index.fill}" aria-label="Fill of ${index.name}"></meter> ${fillText(index)}</td><td>${index.region}</td><td>${when(index.createdAt)}</td></tr>`,
  )}</tbody></table>`
}

function ownTable(indexes: readonly IndexView[]): Html {
  return html`<table class="list"><thead><tr><th scope="col">Index</th><th scope="col">Tenant</th><th scope="col">State</th><th scope="col">Region</th><th scope="col">Made</th></tr></thead><tbody>${indexes.map(
    (index) =>
      html`<tr><th scope="row"><code>${index.name}</code>${projectText(index)}</th><td>${index.tenantId === null ? '' : html`<a href="/console/tenants/${index.tenantId}">${index.tenantId}</a>`}</td><td>${stateOf(index)}</td><td>${index.region}</td><td>${when(index.createdAt)}</td></tr>`,
  )}</tbody></table>`
}

function fillText({ fill }: IndexView): string {
  return fill > 0 && fill < 0.01 ? 'under 1 %' : `${Math.round(fill * 100)} %`
}

function projectText({ project }: IndexView): Html | string {
  return project === 'default' ? '' : html`<span class="id">${project}</span>`
}

function stateOf({ state, draining, full, kind }: IndexView): Html {
  if (state === 'creating') return stateMark('Being made', 'busy')
  if (state !== 'ready') return stateMark('Being deleted', 'warn')
  if (draining) return stateMark('Draining: tenants only leave it', 'warn')
  return full && kind === 'pool' ? stateMark('Full', 'quiet') : stateMark(kind === 'pool' ? 'Open' : 'Ready', 'good')
}
