import { registerHooks } from 'node:module'

/** Imported before an entry of the service: prints each module of OpenTelemetry that is loaded, imported or required. */
registerHooks({
  load(url, context, nextLoad) {
    const name = /node_modules\/(@opentelemetry\/[^/]+)\//.exec(url)?.[1]
    if (name !== undefined) process.stderr.write(`loaded ${name}\n`)
    return nextLoad(url, context)
  },
})
