import { readFile } from 'node:fs/promises'
import { listPrices, type PriceList, parsePriceList } from '../moves/plan/price-list.ts'

/**
 * The prices for plans: the vendor's list, or the operator's own.
 * @throws Error with one sentence that names the file and its fault.
 */
export async function readPrices(path: string | undefined): Promise<PriceList> {
  if (path === undefined) return listPrices
  try {
    return parsePriceList(await readFile(path, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`PRICE_LIST names ${JSON.stringify(path)}, which can't be used: ${why}`, { cause: error })
  }
}
