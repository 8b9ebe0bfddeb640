import { listPrices, type PriceList, parsePriceList } from '../moves/plan/price-list.ts'
import { jsonFileOf } from './json-file.ts'
import type { SettingReader } from './setting-reader.ts'

const remedy = "correct the file, or leave PRICE_LIST unset for the vendor's list"

/** The prices for plans: the operator's own in the file of `PRICE_LIST`, or the vendor's list. Reports a fault. */
export function priceListOf(read: SettingReader): PriceList {
  const file = jsonFileOf(read, 'PRICE_LIST', remedy)
  if (file === undefined) return listPrices
  try {
    return parsePriceList(file.json)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    read.fault('PRICE_LIST', `names ${JSON.stringify(file.path)}, which has a fault: ${why}`, remedy)
    return listPrices
  }
}
