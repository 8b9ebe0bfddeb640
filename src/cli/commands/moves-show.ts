import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ReadOptions, reading } from '../verb.ts'

interface Options extends ReadOptions {
  readonly report?: true
}

export function movesShow(context: Context): Command {
  return reading({
    usage: 'show <id>',
    summary: 'show a move: how far it is, and what it waits for',
    example: 'moves show 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --report > report.json',
  })
    .option('--report', 'what was verified, as JSON to keep: counts, digests by range, repairs, replayed queries')
    .action(async (id: string, { report, ...options }: Options) => {
      const path = `/moves/${encodeURIComponent(id)}`
      const api = await context.api()
      if (report) context.write(JSON.stringify(await api.send({ method: 'GET', path: `${path}/report` }), null, 2))
      else showDocument(context, options, await api.send({ method: 'GET', path }))
    })
}
