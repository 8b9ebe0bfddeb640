import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { startParts } from '../../src/embedded/parts.ts'
import { runCli } from '../cli/run-cli.ts'
import { issuer, startEntry } from '../e2e/run-entry.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { otlpReceiver } from './otlp-receiver.ts'

/** Runs the service, asks it something, and ends it. @returns the packages of OpenTelemetry that it loaded. */
async function loadedBy(env: Readonly<Record<string, string>>, meanwhile?: () => Promise<void>) {
  const [port, adminPort] = [await freePort(), await freePort()]
  await using entry = startEntry('main.ts', {
    ...env,
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    DRAIN_S: '0',
    NODE_OPTIONS: `--import=${new URL('./tell-loaded.ts', import.meta.url)}`,
  })
  await entry.until('"msg":"ready"')
  expectStatus(await fetch(`http://127.0.0.1:${port}/retrieve`, { method: 'POST' }), 401)
  await meanwhile?.()
  entry.child.kill('SIGTERM')
  expect([await entry.ended, entry.printed()]).toEqual([0, expect.not.stringContaining('still held up')])
  const loaded = entry.printed().matchAll(/^loaded (.+)$/gm)
  return new Set([...loaded].map(([, name]) => name))
}

test('the SDK is loaded only where traces are on, and a collector that hangs does not keep the process', async () => {
  await using folder = await temporaryFolder()
  await using parts = await startParts({ folder: folder.path, issuer })
  expect(await runCli(['migrate', '--yes'], parts.settings)).toMatchObject({ code: 0 })
  // The metrics' library looks for the API, which does nothing without an SDK.
  expect([...(await loadedBy(parts.settings))].filter((name) => name !== '@opentelemetry/api')).toEqual([])
  await using receiver = await otlpReceiver('hang')
  const loaded = await loadedBy(
    { ...parts.settings, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '10' },
    () => expect.poll(() => receiver.bodies.length).toBeGreaterThan(0),
  )
  expect(loaded).toContain('@opentelemetry/sdk-trace-base')
})
