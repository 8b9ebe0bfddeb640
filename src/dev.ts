import { access, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readConfig, readDevelopmentSettings } from './config/config.ts'
import { ConfigError } from './config/setting-reader.ts'
import { fullDisk, watchDisk } from './dev/disk.ts'
import { invitation, invited } from './dev/invitation.ts'
import { type LoadDeps, loadDocuments, onboardSample } from './dev/load-samples.ts'
import { prepareDatabase } from './dev/prepare-database.ts'
import { readSamples, type SampleTenant } from './dev/samples.ts'
import { startParts } from './embedded/parts.ts'
import { announce } from './embedded/running.ts'
import { StartupError } from './embedded/startup-error.ts'
import { runService } from './main.ts'
import { untilToldToStop } from './shutdown.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)
const complain = (line: string) => void process.stderr.write(`${line}\n`)

/** Placeholders for the parts' own settings, so that faults in the other settings show before anything starts. */
const placeholders = {
  DATABASE_URL: 'postgres://embedded',
  PINECONE_API_KEY: 'embedded',
  JWT_ISSUER: 'embedded',
  JWT_AUDIENCE: 'embedded',
  JWT_JWKS_URL: 'http://127.0.0.1',
  EMBEDDING_PROVIDER: 'local',
  RETRIEVE_MODE: 'hybrid',
  ANSWER_PROVIDER: 'extractive',
}

/** Runs `npm start`: the service, with everything it needs as children of this process. */
async function develop(): Promise<void> {
  const stopped = untilToldToStop()
  const { dataDir, issuer } = readDevelopmentSettings()
  const folder = resolve(dataDir)
  readConfig(undefined, placeholders)
  await using parts = await startParts({ folder, issuer }).catch(async (error: unknown) => {
    throw await whyNot(folder, error)
  })
  using announced = new DisposableStack()
  using _disk = watchDisk(folder, complain)
  if (parts.ended.length > 0) say(`Ended what an earlier run had left: ${parts.ended.join(', ')}.`)
  // Refused requests would stand between the lines to paste.
  const config = readConfig(undefined, { ...parts.settings, LOG_LEVEL: 'warn' })
  await prepareDatabase(config.databaseUrl.reveal(), config.pinecone.projects[0])
  await runService(config, {
    stopped,
    broken: parts.broken.then((reason) => sentenceOf(folder, new Error(reason))),
    async ready(urls, signal) {
      announced.use(announce(folder, { ...urls, issuer }))
      const samples = await readSamples()
      const deps = { issuer: parts.issuer, ...urls, signal }
      const goOn = await loadOnce(folder, samples, deps)
      say(invitation({ ...urls, folder: dataDir, samples, isLoading: goOn !== undefined }))
      // The service is of use without the rest; what is missing is loaded by the next start.
      await goOn?.().catch(async (error: unknown) => {
        if (!signal.aborted) complain(`Not all sample documents are loaded. ${await sentenceOf(folder, error)}`)
      })
    },
    after: [
      { name: 'stop Postgres and pinecone-local', limitMs: 25_000, run: async () => parts[Symbol.asyncDispose]() },
    ],
    report: { info: say, error: complain },
  })
}

/** A fault of a part, and the disk behind it where that is full. */
async function sentenceOf(folder: string, error: unknown): Promise<string> {
  const words = error instanceof Error ? error.message || error.name : String(error)
  const full = await fullDisk(folder)
  return full === undefined ? words : `${full} (${words.slice(0, 300)})`
}

async function whyNot(folder: string, error: unknown): Promise<unknown> {
  const isOurs = error instanceof StartupError && (await fullDisk(folder)) !== undefined
  const isFull = isOurs || /no space left|ENOSPC|could not (extend|write)/i.test(String(error))
  if (!isFull) return error
  const sentence = await sentenceOf(folder, error)
  const full = `The disk of ${folder} has not enough room: make some there, or set DATA_DIR to a folder with more.`
  return new StartupError(sentence.startsWith('The disk of') ? sentence : `${full} (${sentence})`, { cause: error })
}

/**
 * Loads the documents that the printed examples ask for, and returns the rest of the load for after the printing. It
 * writes the mark when all is loaded; a start that was stopped earlier begins again, which changes nothing twice.
 */
async function loadOnce(
  folder: string,
  samples: readonly SampleTenant[],
  deps: LoadDeps,
): Promise<(() => Promise<void>) | undefined> {
  const mark = join(folder, 'samples-loaded')
  const loaded = await access(mark).then(
    () => true,
    () => false,
  )
  if (loaded) return undefined
  say('Onboarding the sample tenants, once.')
  await Promise.all(samples.map((sample) => onboardSample(deps, sample)))
  await Promise.all(
    samples.slice(0, invited).map((sample) => loadDocuments(deps, { ...sample, documents: asked(sample) })),
  )
  return async () => {
    for (const sample of samples) await loadDocuments(deps, sample)
    await writeFile(mark, '')
    say('All sample documents are loaded.')
  }
}

/** The document that answers a tenant's first question, and a few others as distractors. */
function asked({ questions, documents }: SampleTenant): SampleTenant['documents'] {
  const answer = questions[0]?.documentId
  return documents.toSorted((a, b) => Number(b.id === answer) - Number(a.id === answer)).slice(0, 4)
}

try {
  await develop()
} catch (error) {
  const expected = error instanceof StartupError || error instanceof ConfigError
  complain(expected ? error.message : `Not started: ${error instanceof Error ? error.message || error.name : error}`)
  process.exit(1)
}
