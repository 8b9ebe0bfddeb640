import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import { AppError, isAppError } from '../../../errors.ts'
import type { ImportRowView, ImportView } from '../../../tenants/import/import-view.ts'
import type { Html } from '../kit/html.ts'
import { noteOf } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { count, emptyState, notice, number, stateMark, untilText, when } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { diffRow } from '../parts/import-diff.ts'
import { plainly } from '../parts/words.ts'

const path = '/console/import'
const kinds = ['', 'conflict', 'refused', 'changed', 'new', 'same'] as const

/** A table of tenants, pasted or as a file; and the imports before. */
export async function importPage(visit: Visit, fault?: string): Promise<PageResult> {
  const { items } = await visit.api.ask<Page<ImportView>>('GET /imports', { query: { limit: '20' } })
  const body = html`<div class="head"><h1>Import</h1></div>
<p class="lead">Paste rows from a spreadsheet, or choose a file (CSV, or Excel’s .xlsx). You see what would change, row by row, before anything happens.</p>
${fault === undefined ? '' : notice('bad', 'The table can’t be read', fault)}
<form method="post" class="card stack" enctype="multipart/form-data">${csrfInput(visit)}
<label class="field wide">Rows, with a line of headers<textarea name="text" rows="7" spellcheck="false" placeholder="id,name,tier,owner&#10;acme-bikes,Acme Bikes,enterprise,Ines Ortega">${visit.form.text('text')}</textarea></label>
<label class="field">Or a file<input type="file" name="file" accept=".csv,.tsv,.txt,.xlsx"></label>
<p class="quiet">Columns: <code>id</code> or <code>CRM id</code>, and <code>name</code>, <code>tier</code>, <code>region</code>, <code>owner</code>, <code>contract</code>, <code>renewal</code>. An empty cell changes nothing.</p>
<p class="deeds"><button class="main">Show what would change</button></p></form>
<h2 class="over">Before</h2>${items.length === 0 ? emptyState('Nothing was imported yet', 'Previews and imports are kept for 30 days.') : importsTable(items)}`
  return {
    ...(fault !== undefined && { status: 422 as const }),
    html: framed(visit, { title: 'Import', body, at: path }),
  }
}

/** Compares a table with the registry, and goes to the diff. */
export async function previewTable(visit: Visit): Promise<PageResult> {
  const { api, form, isPlain } = visit
  const file = form.file('file')
  const text = form.text('text')
  if (file === undefined && text.trim() === '') return importPage(visit, 'Paste some rows, or choose a file.')
  const table =
    file === undefined
      ? { text, name: 'pasted rows' }
      : { contentBase64: Buffer.from(await file.arrayBuffer()).toString('base64'), name: file.name.slice(0, 200) }
  try {
    const { id } = await api.ask<ImportView>('POST /tenants/import', { query: { dryRun: 'true' }, body: table })
    return { goTo: `${path}/${id}` }
  } catch (error) {
    if (!isAppError(error)) throw error
    const words = error.message.replace(/^(text|contentBase64|file): /, '')
    return importPage(
      visit,
      isPlain ? plainly(words, 'Look at its headers, and at rows that differ from the others.') : words,
    )
  }
}

/** The diff, row by row, and what may be done with it. */
export async function diffPage(visit: Visit, fault?: string): Promise<PageResult> {
  const { api, context } = visit
  const params = { importId: context.req.param('id') ?? '' }
  const kind = kinds.find((one) => one === visit.query('kind')) ?? ''
  const cursor = visit.query('cursor')
  const [view, rows] = await Promise.all([
    api.ask<ImportView>('GET /imports/{importId}', { params }),
    api.ask<Page<ImportRowView>>('GET /imports/{importId}/rows', { params, query: { kind, limit: '100', cursor } }),
  ])
  const here = `${path}/${view.id}`
  const next =
    rows.nextCursor === null ? undefined : `${here}?${new URLSearchParams({ kind, cursor: rows.nextCursor })}`
  const lines = html`${rows.items.map((row) => diffRow(row, visit.isPlain))}${
    next &&
    html`<tr class="more"><td colspan="4"><a class="button" href="${next}" hx-get="${next}" hx-target="closest tr" hx-swap="outerHTML">Show more</a></td></tr>`
  }`
  if (visit.isPart) return { html: lines }
  const body = html`<div class="head"><h1>${titleOf(view)}</h1><span class="quiet">${view.file ?? ''}</span></div>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', fault)}
${statePart(visit, view)}
<nav class="tabs" aria-label="Rows">${kinds
    .filter((one) => one === '' || view.counts[one] > 0)
    .map(
      (one) =>
        html`<a href="${one === '' ? here : `${here}?kind=${one}`}"${one === kind ? html` aria-current="page"` : ''}>${kindLabel(view, one)}</a>`,
    )}</nav>
<table class="list diff"><thead><tr><th scope="col">Line</th><th scope="col">Tenant</th><th scope="col">What</th><th scope="col">Changes</th></tr></thead><tbody>${lines}</tbody></table>`
  return {
    ...(fault !== undefined && { status: 409 as const }),
    html: framed(visit, { title: titleOf(view), body, at: path }),
  }
}

/** Applies the preview as it was shown: all of it or nothing. */
export async function applyTable(visit: Visit): Promise<PageResult> {
  const { api, context, form } = visit
  const leaveOutRefused = form.text('leave-out') === 'true' ? 'true' : 'false'
  return orFault(visit, () =>
    api.ask('POST /imports/{importId}/apply', {
      params: { importId: context.req.param('id') ?? '' },
      query: { leaveOutRefused },
      note: noteOf(form.text('note')),
    }),
  )
}

export async function undoTable(visit: Visit): Promise<PageResult> {
  const { api, context } = visit
  return orFault(visit, () =>
    api.ask('POST /imports/{importId}/undo', { params: { importId: context.req.param('id') ?? '' } }),
  )
}

async function orFault(visit: Visit, work: () => Promise<unknown>): Promise<PageResult> {
  try {
    const answer = (await work()) as { readonly status?: string }
    if (answer.status === 'awaiting_approval') return { goTo: '/console/approvals' }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return diffPage(visit, visit.isPlain ? plainly(error.message, 'The platform team can say why.') : error.message)
  }
  return { goTo: `${path}/${visit.context.req.param('id')}` }
}

function titleOf({ state, counts }: ImportView): string {
  const rows = counts.new + counts.changed
  if (state === 'previewed') return rows === 0 ? 'Nothing would change' : `${count(rows, 'tenant')} would change`
  return state === 'applied' ? `${count(rows, 'tenant')} imported` : 'Undone'
}

function statePart(visit: Visit, view: ImportView): Html | string {
  const { state, counts, undoUntil, appliedAt, appliedBy, undoneAt, undoneBy, id } = view
  const mayWrite = visit.api.may('POST /imports/{importId}/apply')
  if (state === 'undone')
    return notice('warn', 'This import was undone', html`${when(undoneAt)}, by ${undoneBy ?? ''}.`)
  if (state === 'applied') {
    const undo =
      undoUntil !== null && mayWrite
        ? html`<form method="post" action="${path}/${id}/undo">${csrfInput(visit)}<button>Undo all of it</button> <span class="quiet">until ${untilText(undoUntil)}</span></form>`
        : ''
    return html`${notice('good', 'Imported', html`${when(appliedAt)}, by ${appliedBy ?? ''}.`)}${undo}`
  }
  if (!mayWrite || counts.new + counts.changed === 0) return ''
  const conflict =
    counts.conflict === 0
      ? ''
      : notice(
          'warn',
          `A colleague has changed ${count(counts.conflict, 'of these tenants', 'of these tenants')} meanwhile`,
          'Nothing is overwritten. Import the table again to compare it with what is there now.',
        )
  const refused =
    counts.refused === 0
      ? ''
      : html`<label class="tick"><input type="checkbox" name="leave-out" value="true" required> Leave out the ${count(counts.refused, 'row')} that can’t be imported</label>`
  return html`${conflict}<form method="post" action="${path}/${id}/apply" class="card stack">${csrfInput(visit)}
<p>All of it happens in one go, or nothing does. For 15 minutes it can be undone.</p>${refused}
<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500"></label>
<p class="deeds"><button class="main">Import ${count(counts.new + counts.changed, 'tenant')}</button> <a class="button" href="${path}">Cancel</a></p></form>`
}

function kindLabel({ counts }: ImportView, kind: (typeof kinds)[number]): string {
  if (kind === '') return 'All rows'
  const words = {
    conflict: 'In conflict',
    refused: 'Can’t be imported',
    changed: 'Changed',
    new: 'New',
    same: 'The same',
  }
  return `${words[kind]} ${number(counts[kind])}`
}

function importsTable(imports: readonly ImportView[]): Html {
  return html`<table class="list"><thead><tr><th scope="col">Table</th><th scope="col">State</th><th scope="col">Tenants</th><th scope="col">When</th><th scope="col">By</th></tr></thead><tbody>${imports.map(
    (one) =>
      html`<tr><th scope="row"><a href="${path}/${one.id}">${one.file ?? 'a table'}</a></th><td>${stateOf(one)}</td><td>${number(one.counts.new + one.counts.changed)}</td><td>${when(one.appliedAt ?? one.createdAt)}</td><td>${one.appliedBy ?? one.createdBy}</td></tr>`,
  )}</tbody></table>`
}

function stateOf({ state }: ImportView): Html {
  if (state === 'applied') return stateMark('Imported', 'good')
  return state === 'undone' ? stateMark('Undone', 'warn') : stateMark('Only looked at', 'quiet')
}
