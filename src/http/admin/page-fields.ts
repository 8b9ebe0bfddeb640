import { z } from 'zod'

/** Query fields of a list that is read a page at a time. @param usual items of a page where none are asked for. */
export function pageFields(usual: number) {
  return {
    limit: z.coerce.number().int().min(1).max(200).default(usual),
    cursor: z.string().max(1_000).optional().describe('`nextCursor` of the previous page.'),
  }
}
