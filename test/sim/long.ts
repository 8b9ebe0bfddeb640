import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { simulateAll } from './simulate-all.ts'

/** `npm run test:long -- --count 5000 --seed 1`: many simulated histories of moves; a seed that fails fails alone too. With
 * `--damage 0.2` somebody damages a place in a fifth of them. */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    damage: { type: 'string', default: '0' },
    lanes: { type: 'string', default: String(availableParallelism()) },
  },
})
const [seed, count, lanes] = [Number(values.seed), Number(values.count), Number(values.lanes)]

const folder = await mkdtemp(join(tmpdir(), 'tenant-router-long-'))
await chmod(folder, 0o755) // as root, Postgres runs as a user of its own
const server = await startEmbeddedPostgres({
  dataDir: join(folder, 'postgres'),
  settings: { fsync: 'off', full_page_writes: 'off' },
})
try {
  const urls = await Promise.all(Array.from({ length: lanes }, (_, lane) => database(`lane_${lane}`)))
  const startedAt = performance.now()
  console.log(`${count} histories from seed ${seed}, ${lanes} at once`)
  let played = 0
  const { histories, failures, deeds } = await simulateAll(urls, {
    seed,
    count,
    damageShare: Number(values.damage),
    onAnswer({ fault }) {
      played += 1
      if (fault !== undefined) console.error(`${fault}\n`)
      if (played % 50 === 0) console.log(`${played} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    },
  })
  const seconds = (performance.now() - startedAt) / 1000
  console.log([...deeds].map(([deed, times]) => `${deed}: ${times}`).join(', '))
  console.log(`${histories - failures.length} passed, ${failures.length} failed in ${seconds.toFixed(0)} s`)
  for (const failure of failures)
    console.log(`again: npm run test:long -- --count 1 --damage ${values.damage} --seed ${failure.seed}`)
  process.exitCode = histories < count || failures.length > 0 ? 1 : 0
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}

async function database(name: string): Promise<string> {
  const url = new URL(server.url)
  {
    await using home = connect({ url: server.url, max: 1 })
    await home.sql.unsafe(`create database ${name}`)
  }
  url.pathname = `/${name}`
  await using own = connect({ url: url.href, max: 2 })
  await migrate(own)
  return url.href
}
