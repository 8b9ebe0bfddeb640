import { readdir, readFile } from 'node:fs/promises'

export interface SampleDocument {
  readonly id: string
  readonly text: string
  readonly source: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface SampleTenant {
  readonly id: string
  readonly name: string
  readonly tier: 'standard' | 'enterprise'
  readonly documents: readonly SampleDocument[]
  readonly questions: readonly { readonly question: string; readonly documentId: string }[]
}

const examples = new URL('../../examples/', import.meta.url)

/** The made-up companies of `examples/`, by id. */
export async function readSamples(): Promise<readonly SampleTenant[]> {
  const entries = await readdir(examples, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(folders.sort().map(readTenant))
}

async function readTenant(folder: string): Promise<SampleTenant> {
  const base = new URL(`${folder}/`, examples)
  const json = async (path: string) => JSON.parse(await readFile(new URL(path, base), 'utf8'))
  const files = (await readdir(new URL('documents/', base))).filter((name) => name.endsWith('.md')).sort()
  const documents = files.map(async (file) => {
    const id = file.slice(0, -'.md'.length)
    const { source, metadata } = await json(`documents/${id}.meta.json`)
    return { id, text: await readFile(new URL(`documents/${file}`, base), 'utf8'), source, metadata }
  })
  const { id, name, tier } = await json('tenant.json')
  return { id, name, tier, documents: await Promise.all(documents), questions: await json('questions.json') }
}
