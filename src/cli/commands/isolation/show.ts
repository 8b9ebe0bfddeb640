import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Context } from '../../kit/context.ts'
import { printable } from '../../kit/printable.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'
import type { IsolationRun } from './isolation-run.ts'
import { reportText } from './report-text.ts'

interface Options extends ReadOptions {
  readonly out?: string
}

export function proveIsolationShow(context: Context): Command {
  return readingVerb({
    usage: 'show <id>',
    summary: 'show a run and its report',
    example: 'prove-isolation show 018f3c2e --out report.json',
  })
    .option('--out <file>', 'write the signed report to this file')
    .action(async (id: string, { out, ...options }: Options) => {
      const api = await context.api()
      const path = `/isolation/runs/${encodeURIComponent(await resolveId(api, 'run', id))}`
      const run = await api.send<IsolationRun>({ method: 'GET', path })
      const { signed, ...facts } = run
      if (out !== undefined && signed !== null) await writeFile(out, `${JSON.stringify(signed, null, 2)}\n`)
      if (options.json) context.writeJson(run)
      else if (signed === null) showDocument(context, options, facts)
      else for (const line of reportText(signed.report)) context.write(printable(line))
    })
}
