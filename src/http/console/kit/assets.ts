import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

interface Asset {
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly version: string
}

const require = createRequire(import.meta.url)
const own = (name: string) => new URL(`../assets/${name}`, import.meta.url)
const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' } as const

/** Files that the console's pages load: its own, and those of the packages, all from this listener. */
const sources: Readonly<Record<string, string | URL>> = {
  'console.css': own('console.css'),
  'console.js': own('console.js'),
  'icon.svg': own('icon.svg'),
  'htmx.js': require.resolve('htmx.org/dist/htmx.min.js'),
  'uplot.js': require.resolve('uplot/dist/uPlot.iife.min.js'),
  'uplot.css': require.resolve('uplot/dist/uPlot.min.css'),
  'htmx-sse.js': require.resolve('htmx.org/dist/ext/hx-sse.min.js'),
}

const assets: ReadonlyMap<string, Asset> = new Map(
  Object.entries(sources).map(([name, source]) => {
    const bytes = new Uint8Array(readFileSync(source))
    const contentType = types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]
    return [name, { contentType, bytes, version: hash('sha256', bytes).slice(0, 12) }]
  }),
)

export function findAsset(name: string): Asset | undefined {
  return assets.get(name)
}

/** Address that changes with the file, so that browsers may keep it for good. */
export function assetUrl(name: string): string {
  return `/console/assets/${name}?v=${assets.get(name)?.version ?? ''}`
}
