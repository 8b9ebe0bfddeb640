import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import { isAppError } from '../../../errors.ts'
import type { ApprovalView } from '../../../tenants/approvals/approval-view.ts'
import type { Html } from '../kit/html.ts'
import { noteOf, type RouteName } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { emptyState, type Fact, facts, notice, stateMark, untilText, when } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { plainly } from '../parts/words.ts'

const path = '/console/approvals'

/** Deeds that wait for a second person, with the plan that an approval is for; and those decided before. */
export async function approvalsPage(visit: Visit, fault?: string): Promise<PageResult> {
  const { api } = visit
  const read = (query: Record<string, string>) => api.ask<Page<ApprovalView>>('GET /approvals', { query })
  const [waiting, all] = await Promise.all([read({ state: 'awaiting_approval', limit: '100' }), read({ limit: '30' })])
  const open = waiting.items.filter(({ status }) => status === 'awaiting_approval')
  const past = all.items.filter(({ status }) => status !== 'awaiting_approval')
  const none = emptyState('Nothing waits for a second person', 'What needs one is named by the platform team.')
  const body = html`<div class="head"><h1>Approvals</h1></div>
${fault === undefined ? '' : notice('bad', 'Nothing was done', fault)}
${open.length === 0 ? none : html`<div class="stack">${open.map((one) => waitingCard(visit, one))}</div>`}
${past.length === 0 ? '' : html`<h2 class="over">Decided</h2>${pastTable(past, visit.isPlain)}`}`
  const page = framed(visit, { title: 'Approvals', body, at: path })
  return { ...(fault !== undefined && { status: 409 as const }), html: page }
}

export function approveIt(visit: Visit): Promise<PageResult> {
  return decide(visit, 'POST /approvals/{approvalId}/approve')
}

export function rejectIt(visit: Visit): Promise<PageResult> {
  return decide(visit, 'POST /approvals/{approvalId}/reject')
}

async function decide(visit: Visit, route: RouteName): Promise<PageResult> {
  const { api, context, form, isPlain } = visit
  try {
    const params = { approvalId: context.req.param('id') ?? '' }
    await api.ask(route, { params, note: noteOf(form.text('note')) })
  } catch (error) {
    if (!isAppError(error)) throw error
    return approvalsPage(visit, isPlain ? plainly(error.message, 'The platform team can say why.') : error.message)
  }
  return { goTo: path }
}

function waitingCard(visit: Visit, one: ApprovalView): Html {
  const { id, requestedBy, requestedAt, expiresAt, note } = one
  const isOwn = requestedBy === visit.session.subject
  const mayApprove = visit.api.may('POST /approvals/{approvalId}/approve') && !isOwn
  const mayReject = visit.api.may('POST /approvals/{approvalId}/reject')
  const told = [
    { name: 'Asked', value: html`${when(requestedAt)} by ${requestedBy}${isOwn ? ' (you)' : ''}` },
    ...(note === null ? [] : [{ name: 'Reason', value: note }]),
    { name: 'Ends', value: untilText(expiresAt) },
    ...(visit.isPlain ? [] : planFacts(one)),
  ]
  return html`<section class="card" aria-label="${titleOf(one)}"><h2>${titleOf(one)} ${subjectLink(one)}</h2>${facts(told)}
${isOwn ? html`<p class="quiet">A second person has to approve it; you can only withdraw it.</p>` : ''}
<div class="deeds">${
    mayApprove
      ? html`<form method="post" action="${path}/${id}/approve">${csrfInput(visit)}<button class="main">Approve, and do it</button></form>`
      : ''
  }${
    mayReject
      ? html`<form method="post" action="${path}/${id}/reject">${csrfInput(visit)}<button>${isOwn ? 'Withdraw it' : 'Reject'}</button></form>`
      : ''
  }</div></section>`
}

const verbWords: Readonly<Record<ApprovalView['verb'], string>> = {
  offboard: 'Offboard',
  promote: 'Promote',
  demote: 'Move to a shared place:',
  rebalance: 'Move to another shared place:',
  reembed: 'Give another embedding model:',
  relocate: 'Move to another region or project:',
  suspend: 'Suspend',
  import: 'Import',
}

function titleOf({ verb }: ApprovalView): string {
  return verbWords[verb]
}

function subjectLink({ verb, subject }: ApprovalView): Html {
  if (verb === 'import') return html`<a href="/console/import/${subject}">a table</a>`
  return html`<a href="/console/tenants/${subject}">${subject}</a>`
}

/** The facts that the approval is for: when one of them changes, it is void. */
function planFacts({ plan }: ApprovalView): readonly Fact[] {
  const shown = Object.entries(plan).filter(([name, value]) => name !== 'tenantId' && value !== null)
  return shown.map(([name, value]) => ({ name: name.charAt(0).toUpperCase() + name.slice(1), value: factText(value) }))
}

function factText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${typeof inner === 'object' ? JSON.stringify(inner) : inner}`)
    .join(', ')
}

const outcomes = {
  awaiting_approval: ['Waits', 'busy'],
  approved: ['Approved', 'good'],
  rejected: ['Rejected', 'quiet'],
  void: ['Void: something had changed', 'warn'],
  expired: ['Nobody decided', 'quiet'],
} as const

function pastTable(past: readonly ApprovalView[], isPlain: boolean): Html {
  return html`<table class="list"><thead><tr><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">Asked</th><th scope="col">Decided</th></tr></thead><tbody>${past.map(
    (one) => {
      const [words, tone] = outcomes[one.status]
      const reason = one.reason === null ? '' : isPlain ? plainly(one.reason, '') : one.reason
      return html`<tr><th scope="row">${titleOf(one)} ${subjectLink(one)}</th><td>${stateMark(words, tone)}${reason === '' ? '' : html`<br><span class="quiet">${reason}</span>`}</td><td>${when(one.requestedAt)} by ${one.requestedBy}</td><td>${one.decidedBy === null ? html`<span class="none">–</span>` : html`${when(one.decidedAt)} by ${one.decidedBy}`}</td></tr>`
    },
  )}</tbody></table>`
}
