#!/usr/bin/env node
// Plain JavaScript of old: it may be started by a Node that is too old for the rest, and hands over to a newer one.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { constants, homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const mainUrl = new URL('./main.ts', import.meta.url)
const main = fileURLToPath(mainUrl)
// TypeScript as it is needs a newer Node than the built package.
const oldest = main.endsWith('.ts') ? 24 : 22

// Compiled once, the command line starts in half the time. A folder that can't be written costs nothing but that.
const compiled = process.env.NODE_COMPILE_CACHE || cacheFolder()

if (Number(process.versions.node.split('.')[0]) >= oldest) {
  if (compiled !== undefined) module.enableCompileCache(compiled)
  await import(mainUrl)
} else {
  handOver()
}

/** The user's own folder, since what lies there is run: never one below the folder where the command was called. */
function cacheFolder() {
  const { XDG_CACHE_HOME: cache } = process.env
  if (cache && isAbsolute(cache)) return join(cache, 'tenant-router')
  try {
    const home = homedir()
    return isAbsolute(home) ? join(home, '.cache', 'tenant-router') : undefined
  } catch {
    // Without HOME, and without an entry among the users of the machine, as in a container.
    return undefined
  }
}

function handOver() {
  let node
  try {
    node = createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    console.error(
      `tenant-router runs on Node ${oldest}, and this is ${process.version}: install Node ${oldest}, or "npm install" with the npm package "node".`,
    )
    process.exit(1)
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }) },
  })
  // A terminal signals the child too, which takes two in a moment for one; others may know only of this process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`tenant-router could not start ${node}: ${error.message}`)
    process.exit(1)
  })
  // As a shell says it of a program that a signal has ended.
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
