import { access, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readConfig, readDevelopmentSettings } from './config.ts'
import { invitation } from './dev/invitation.ts'
import { type LoadDeps, loadSample } from './dev/load-samples.ts'
import { prepareDatabase } from './dev/prepare-database.ts'
import { readSamples, type SampleTenant } from './dev/samples.ts'
import { startParts } from './embedded/parts.ts'
import { StartupError } from './embedded/startup-error.ts'
import { runService } from './main.ts'
import { ConfigError } from './setting-reader.ts'
import { untilToldToStop } from './shutdown.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)
const complain = (line: string) => void process.stderr.write(`${line}\n`)

/** Stand for the parts' own, so that faults of the other settings are told before anything is started. */
const placeholders = {
  DATABASE_URL: 'postgres://embedded',
  PINECONE_API_KEY: 'embedded',
  JWT_ISSUER: 'embedded',
  JWT_AUDIENCE: 'embedded',
  JWT_JWKS_URL: 'http://127.0.0.1',
  EMBEDDING_PROVIDER: 'local',
  ANSWER_PROVIDER: 'extractive',
}

/** What `npm start` runs: the service, with all that it needs as children of this process. */
async function develop(): Promise<void> {
  const stopped = untilToldToStop()
  const { dataDir, issuer } = readDevelopmentSettings()
  const folder = resolve(dataDir)
  readConfig(undefined, placeholders)
  await using parts = await startParts({ folder, issuer })
  if (parts.ended.length > 0) say(`Ended what an earlier run had left: ${parts.ended.join(', ')}.`)
  // Requests that are refused and the like are not what one wants to see between the lines to paste.
  const config = readConfig(undefined, { ...parts.settings, LOG_LEVEL: 'warn' })
  await prepareDatabase(config.databaseUrl.reveal(), config.pinecone.controllerHost)
  await runService(config, {
    stopped,
    broken: parts.broken,
    async ready(urls, signal) {
      const samples = await readSamples()
      await loadOnce(folder, samples, { issuer: parts.issuer, ...urls, signal })
      say(await invitation({ issuer: parts.issuer, ...urls, folder: dataDir, samples }))
    },
    after: [
      { name: 'stop Postgres and pinecone-local', limitMs: 25_000, run: async () => parts[Symbol.asyncDispose]() },
    ],
    report: { info: say, error: complain },
  })
}

/** The mark is set when all are loaded; a start that was stopped before begins again, which changes nothing twice. */
async function loadOnce(folder: string, samples: readonly SampleTenant[], deps: LoadDeps): Promise<void> {
  const mark = join(folder, 'samples-loaded')
  const loaded = await access(mark).then(
    () => true,
    () => false,
  )
  if (loaded) return
  say('Loading the sample tenants, once:')
  for (const sample of samples) {
    const startedAt = performance.now()
    await loadSample(deps, sample)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    say(`  ${sample.name} (${sample.id}): ${sample.documents.length} documents in ${seconds} s`)
  }
  await writeFile(mark, '')
}

try {
  await develop()
} catch (error) {
  const expected = error instanceof StartupError || error instanceof ConfigError
  complain(expected ? error.message : `Not started: ${error instanceof Error ? error.message || error.name : error}`)
  process.exit(1)
}
