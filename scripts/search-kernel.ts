import { readFile, writeFile } from 'node:fs/promises'
import wabt from 'wabt'
import { searchKernel } from '../src/pinecone-local/search/search-kernel.ts'

const room = new URL('../src/pinecone-local/search/', import.meta.url)

async function compile(): Promise<string> {
  const source = await readFile(new URL('search-kernel.wat', room), 'utf8')
  const parsed = (await wabt()).parseWat('search-kernel.wat', source, { simd: true })
  return Buffer.from(parsed.toBinary({}).buffer).toString('base64')
}

/** Faults, one sentence each, when pinecone-local's search runs another kernel than its source says. */
export async function checkSearchKernel(): Promise<string[]> {
  return (await compile()) === searchKernel
    ? []
    : ['search-kernel.ts differs from search-kernel.wat: run `node scripts/search-kernel.ts`.']
}

if (import.meta.main) {
  const lines = ((await compile()).match(/.{1,100}/g) ?? []).map((line) => `    '${line}',`)
  const code = `/** search-kernel.wat compiled, in base64: made by \`node scripts/search-kernel.ts\`, checked by \`npm run check\`. */
export const searchKernel = [
${lines.map((line) => line.slice(2)).join('\n')}
].join('')
`
  await writeFile(new URL('search-kernel.ts', room), code)
}
