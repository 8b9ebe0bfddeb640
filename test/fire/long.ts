import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * `npm run test:fire -- --promotes 20 --lag 0,500,2000 --seed 1`: as `npm test` promotes under fire, but so many times
 * on each store, two and a rollback for each tenant. It says what each tenant met as soon as all is accounted for.
 */
const { values } = parseArgs({
  options: {
    promotes: { type: 'string', default: '20' },
    lag: { type: 'string', default: '0,500,2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
  },
})
const runner = fileURLToPath(new URL('../run.ts', import.meta.url))
console.log(`again: npm run test:fire -- --promotes ${values.promotes} --lag ${values.lag} --seed ${values.seed}`)
const env = { ...process.env, FIRE_PROMOTES: values.promotes, FIRE_LAGS: values.lag, FIRE_SEED: values.seed }
const child = spawn(process.execPath, [runner, 'test/fire/promote-under-fire.test.ts', '--file-limit-s=86400'], {
  stdio: 'inherit',
  env,
})
const [code] = (await once(child, 'exit')) as [number | null]
process.exitCode = code ?? 1
