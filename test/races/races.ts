import { beforeTheCopy } from './before-the-copy.ts'
import { copyAndSync } from './copy-and-sync.ts'
import { placesAndPages } from './places-and-pages.ts'
import { proofs } from './proofs.ts'
import type { Race } from './race.ts'
import { theSwitch } from './the-switch.ts'

/** The races of docs/moves.md section 5, in its order. */
export const races: readonly Race[] = [
  ...beforeTheCopy,
  ...copyAndSync,
  ...theSwitch,
  ...placesAndPages,
  ...proofs,
].sort((a, b) => Number.parseInt(a.name, 10) - Number.parseInt(b.name, 10))
