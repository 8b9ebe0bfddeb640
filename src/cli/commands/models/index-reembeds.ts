import type { IndexReembedView } from '../../../moves/batch/list-reembeds.ts'
import type { AdminApi } from '../../kit/admin-api.ts'
import { moment } from '../../kit/cell.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { showDocument, showList } from '../../kit/show.ts'
import type { ChangeOptions, ReadOptions } from '../../kit/verb.ts'

/** Gives all tenants of an index another model. */
export async function startReembeds(
  context: Context,
  options: ChangeOptions,
  index: string,
  body: { readonly model: string; readonly tokensPerDay: number },
): Promise<void> {
  const request = { method: 'POST', path: pathOf(index), body } as const
  const question = `Embed every text of all tenants of ${index} anew, by the model ${body.model}?`
  show(context, options, await change<IndexReembedView>(context, options, { question, request, look: lookAt(index) }))
}

/** Begins no more of them. */
export async function stopReembeds(context: Context, options: ChangeOptions, index: string): Promise<void> {
  const request = { method: 'DELETE', path: pathOf(index) } as const
  const question = `Begin no more moves of the tenants of ${index} to another model?`
  show(context, options, await change<IndexReembedView>(context, options, { question, request, look: lookAt(index) }))
}

/** Shows those of all indexes. */
export async function listReembeds(context: Context, options: ReadOptions): Promise<void> {
  const api = await context.api()
  const { items } = await api.send<{ readonly items: readonly IndexReembedView[] }>({
    method: 'GET',
    path: '/reembeds',
  })
  showList(
    context,
    options,
    { items: items.map((one) => ({ ...one })) },
    {
      INDEX: (one) => one.index,
      MODEL: (one) => one.model,
      STATE: (one) => one.state,
      LEFT: (one) => one.tenants.left,
      OPEN: (one) => one.tenants.open,
      MOVED: (one) => one.tenants.moved,
      UNDONE: (one) => one.tenants.undone,
      SKIPPED: (one) => one.skipped.length,
      'TOKENS TODAY': (one) => `${one.tokensUsed} of ${one.tokensPerDay}`,
      BEGUN: (one) => moment(one.createdAt),
    },
  )
  if (options.json) return
  for (const { index, skipped } of items)
    for (const { tenantId, reason } of skipped) context.remark(`${index}: skipped ${tenantId}. ${reason}`)
}

/** How far the tenants of an index are now, for a dry run. */
function lookAt(index: string) {
  return async (api: AdminApi): Promise<readonly string[]> => {
    const { items } = await api.send<{ readonly items: readonly IndexReembedView[] }>({
      method: 'GET',
      path: '/reembeds',
    })
    const now = items.find((one) => one.index === index && one.state === 'running')
    return [now === undefined ? `No tenant of ${index} changes its model now.` : `${stateWords(now)}.`]
  }
}

function stateWords({ index, model, state, tenants }: IndexReembedView): string {
  return `The tenants of ${index} change to ${model}: ${state}, ${tenants.left} left, ${tenants.moved} moved`
}

function pathOf(index: string): string {
  return `/indexes/${encodeURIComponent(index)}/reembed`
}

function show(context: Context, options: ReadOptions, batch: IndexReembedView | undefined): void {
  if (batch === undefined) return
  if (options.json) {
    showDocument(context, options, batch)
    return
  }
  context.write(`${stateWords(batch)}.`)
  context.remark('How far it is: tenant-router reembed --list')
}
