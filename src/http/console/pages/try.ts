import { html } from 'hono/html'
import { AppError, isAppError } from '../../../errors.ts'
import type { Html } from '../kit/html.ts'
import type { TriedMatch } from '../kit/try-query.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { emptyState, notice } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'

const path = '/console/try'

/** A question in a tenant's place, to see what its app sees. */
export async function tryPage(visit: Visit): Promise<PageResult> {
  if (visit.tryQuery === undefined) throw new AppError('forbidden', 'Only the platform team asks in a tenant’s place.')
  return {
    html: framed(visit, { title: 'Try a query', body: formPart(visit, visit.query('tenant') ?? '', ''), at: path }),
  }
}

/** Asks it. */
export async function askTried(visit: Visit): Promise<PageResult> {
  if (visit.tryQuery === undefined) throw new AppError('forbidden', 'Only the platform team asks in a tenant’s place.')
  const { form } = visit
  const words = form
    .text('groups')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const groups = form.text('as') === 'groups' ? words : undefined
  const question = { tenantId: form.text('tenant').trim(), groups, query: form.text('query').trim(), topK: 5 }
  let found: Html
  let isRefused = false
  try {
    found = matchesPart(await visit.tryQuery(question))
  } catch (error) {
    if (!isAppError(error)) throw error
    isRefused = true
    found = notice('bad', 'There is no answer', error.message)
  }
  const body = html`${formPart(visit, question.tenantId, question.query)}<div id="found">${found}</div>`
  const page = framed(visit, { title: 'Try a query', body, at: path })
  return { ...(isRefused && { status: 422 as const }), html: page }
}

function formPart(visit: Visit, tenant: string, query: string): Html {
  const isGroups = visit.form.text('as') === 'groups'
  return html`<div class="head"><h1>Try a query</h1></div>
<p class="lead">You see what the tenant’s app sees. The audit keeps that you asked as this tenant, and not what.</p>
<form method="post" class="card stack narrow">${csrfInput(visit)}
<label class="field">Tenant<input name="tenant" value="${tenant}" required autocomplete="off" spellcheck="false" placeholder="acme-bikes"></label>
<label class="field">Question<input name="query" value="${query}" required maxlength="2000" autocomplete="off"></label>
<fieldset class="pills"><legend>As</legend><label><input type="radio" name="as" value="all"${isGroups ? '' : html` checked`}><span>An app without groups</span></label><label><input type="radio" name="as" value="groups"${isGroups ? html` checked` : ''}><span>These groups:</span></label></fieldset>
<label class="field">Groups <span class="quiet">(separated by commas; none: only what everyone sees)</span><input name="groups" value="${visit.form.text('groups')}" autocomplete="off" spellcheck="false"></label>
<p class="deeds"><button class="main">Ask</button></p></form>`
}

function matchesPart(matches: readonly TriedMatch[]): Html {
  if (matches.length === 0)
    return emptyState('Nothing is found', 'The tenant has no passage for this that these groups may see.')
  return html`<ol class="matches">${matches.map(
    ({ id, score, text, source }) =>
      html`<li class="card"><p class="row"><code>${id}</code> <span class="quiet">${source ?? ''}</span><span class="num">${score.toFixed(3)}</span></p><p class="passage">${text}</p></li>`,
  )}</ol>`
}
