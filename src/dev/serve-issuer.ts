import { parseArgs } from 'node:util'
import { readDevelopmentSettings } from '../config/config.ts'
import { openIssuer } from '../embedded/issuer.ts'
import { serveIssuer } from '../embedded/issuer-server.ts'

/**
 * The development issuer as a process of its own, for deploy/compose.yaml: it keeps its key in `DATA_DIR`, serves the
 * public half at `/jwks.json`, and `tenant-router token` beside it mints tokens. Staff signs in to the console by it.
 */
const {
  host,
  port,
  url,
  'browser-url': browserUrl,
} = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8090' },
    url: { type: 'string' },
    'browser-url': { type: 'string' },
  },
}).values
const { dataDir, issuer } = readDevelopmentSettings()
const server = await serveIssuer(await openIssuer(dataDir, issuer), { host, port: Number(port), url, browserUrl })
console.log(`the development issuer serves ${server.url}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server[Symbol.asyncDispose]())
