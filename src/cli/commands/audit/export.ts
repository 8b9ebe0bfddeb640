import type { Command } from 'commander'
import type { Context } from '../../kit/context.ts'
import { readingVerb } from '../../kit/verb.ts'
import { linesOfService } from './export-lines.ts'

export function auditExport(context: Context): Command {
  return readingVerb({
    usage: 'export',
    summary: 'print the whole audit for safekeeping, a JSON line each: keys, signatures, rows',
    example: 'audit export > audit.ndjson',
  }).action(async () => {
    for await (const line of linesOfService(await context.api())) context.writeJson(line)
  })
}
