import type { Command } from 'commander'
import type { MoveView } from '../../moves/show-move.ts'
import type { Context } from '../kit/context.ts'
import { moveText } from '../kit/move-text.ts'
import { resolveId } from '../kit/resolve-id.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly report?: true
}

export function movesShow(context: Context): Command {
  return readingVerb({
    usage: 'show <id>',
    summary: 'show a move: how far it is, what it waits for, and what can be done next',
    example: 'moves show 018f3c2e --report > report.json',
  })
    .option('--report', 'what was verified, as JSON to keep: counts, digests by range, repairs, replayed queries')
    .action(async (id: string, { report, ...options }: Options) => {
      const api = await context.api()
      const path = `/moves/${encodeURIComponent(await resolveId(api, 'move', id))}`
      if (report) {
        context.writeJson(await api.send({ method: 'GET', path: `${path}/report` }), 2)
        return
      }
      const move = await api.send<MoveView>({ method: 'GET', path })
      if (options.json) context.writeJson(move)
      else for (const line of moveText(move, context.columns())) context.write(line)
    })
}
