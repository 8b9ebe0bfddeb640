import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** `npm run soak -- --minutes 30 --tenants 500`: as `npm test` does for a minute. */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, tenants: { type: 'string', default: '500' } },
})
const runner = fileURLToPath(new URL('../run.ts', import.meta.url))
const env = { ...process.env, SOAK_SECONDS: String(Number(values.minutes) * 60), SOAK_TENANTS: values.tenants }
const args = [runner, 'test/soak/soak.test.ts', '--file-limit-s=86400']
const child = spawn(process.execPath, args, { stdio: 'inherit', env })
const [code] = (await once(child, 'exit')) as [number | null]
process.exitCode = code ?? 1
