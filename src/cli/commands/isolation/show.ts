import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Context } from '../../kit/context.ts'
import { printable } from '../../kit/printable.ts'
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
    example: 'prove-isolation show 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --out report.json',
  })
    .option('--out <file>', 'write the signed report to this file')
    .action(async (id: string, { out, ...options }: Options) => {
      const path = `/isolation/runs/${encodeURIComponent(id)}`
      const run = await (await context.api()).send<IsolationRun>({ method: 'GET', path })
      const { signed, ...facts } = run
      if (out !== undefined && signed !== null) await writeFile(out, `${JSON.stringify(signed, null, 2)}\n`)
      if (options.json) context.writeJson(run)
      else if (signed === null) showDocument(context, options, facts)
      else for (const line of reportText(signed.report)) context.write(printable(line))
    })
}
