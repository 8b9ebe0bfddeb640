import { parentPort, workerData } from 'node:worker_threads'
import { Unreadable } from '../extract/text/caps.ts'
import type { FileInput } from '../extractor.ts'
import { type SheetRow, sheetRows } from './sheet-rows.ts'

export type SheetReply = { readonly rows: readonly SheetRow[] } | { readonly unreadable: string }

/** The thread that reads one table and ends. */
const reply = await sheetRows(workerData as FileInput).then(
  (rows): SheetReply => ({ rows }),
  (fault: unknown): SheetReply => ({
    unreadable: fault instanceof Unreadable ? fault.message : 'The file is broken: it cannot be read.',
  }),
)
parentPort?.postMessage(reply)
