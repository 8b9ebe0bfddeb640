import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mutants, partsOf, takeOut } from '../test/sim/mutants.ts'

/**
 * Returns a fault for each guard of test/sim/mutants.ts whose text is not there once in the source: a change of the
 * source would take its test out, and the test that says so runs late in a long suite.
 */
export async function checkMutants(src: string): Promise<readonly string[]> {
  const faults: string[] = []
  for (const mutant of mutants) {
    for (const part of partsOf(mutant)) {
      const text = await readFile(join(src, part.file), 'utf8')
      try {
        takeOut(text, part)
      } catch (error) {
        faults.push(`"${mutant.guard}": ${(error as Error).message}`)
      }
    }
  }
  return faults
}
