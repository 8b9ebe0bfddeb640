import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readConfig, readDevelopmentSettings } from './config/config.ts'
import { askDemo } from './demo/ask.ts'
import { nothingLost } from './demo/nothing-lost.ts'
import { onboard } from './demo/onboard.ts'
import { promoteDemo } from './demo/promote.ts'
import { spoof } from './demo/spoof.ts'
import { openStage } from './demo/stage.ts'
import { tag } from './demo/tag.ts'
import { tour } from './demo/tour.ts'
import { prepareDatabase } from './dev/prepare-database.ts'
import { readSamples } from './dev/samples.ts'
import { takeFolder } from './embedded/children.ts'
import { startParts } from './embedded/parts.ts'
import { StartupError } from './embedded/startup-error.ts'
import { startListening } from './main.ts'
import { shutDown, untilToldToStop } from './shutdown.ts'

const stage = openStage(process.stdout)
const report = { info: () => undefined, error: (line: string) => void process.stderr.write(`${line}\n`) }

/** The tour. It checks every claim over HTTP, as a tenant's app or a member of staff, right before it prints it. */
async function show(signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  const { dataDir } = readDevelopmentSettings()
  const { issuer } = readDevelopmentSettings({})
  const folder = resolve(join(dataDir, 'demo'))
  // Refused while another tour runs there; what a killed one left is ended before its folder goes.
  const hold = await takeFolder(folder)
  hold[Symbol.dispose]()
  await rm(folder, { recursive: true, force: true })

  stage.say('tenant-router: a tour over a real Postgres, a Pinecone-compatible server and a sentence encoder.')
  await using parts = await startParts({ folder, issuer, pineconeFlags: ['--latency-ms', '3'] })
  // Nothing from the environment: the tour is the same everywhere, and its ports are its own.
  const ports = { PORT: '0', ADMIN_PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'error' }
  const config = readConfig({}, { ...parts.settings, ...ports })
  await prepareDatabase(config.databaseUrl.reveal(), config.pinecone.projects[0])
  const running = await startListening(config)
  try {
    const guide = tour({ stage, urls: running.urls, issuer: parts.issuer, samples: await readSamples(), signal })
    await onboard(guide)
    await askDemo(guide)
    await spoof(guide)
    const [chosen] = guide.samples
    if (chosen === undefined) throw new Error('examples/ is empty')
    await tag(guide, chosen)
    const traffic = await promoteDemo(guide, chosen)
    await nothingLost(guide, chosen, traffic)
  } finally {
    await shutDown(running.phases, report)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  stage.say('')
  stage.say(
    stage.failed === 0
      ? `All ${stage.claimed} claims held, in ${seconds} s. Next: npm start`
      : `${stage.failed} of ${stage.claimed} claims did not hold.`,
  )
}

const stopping = new AbortController()
void untilToldToStop().then(() => stopping.abort())
try {
  await show(stopping.signal)
  process.exit(stage.failed === 0 ? 0 : 1)
} catch (error) {
  const interrupted = stopping.signal.aborted
  const message = error instanceof Error ? error.message : String(error)
  report.error(
    interrupted ? 'Interrupted.' : error instanceof StartupError ? message : `The tour broke off: ${message}`,
  )
  process.exit(interrupted ? 130 : 1)
}
