import { readFile } from 'node:fs/promises'
import { listPrices, type PriceList, parsePriceList } from '../moves/plan/price-list.ts'

/**
 * The prices that plans are made with: the vendor's list, or one's own in its place.
 * @throws Error with one sentence that names the file and what is wrong with it.
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
