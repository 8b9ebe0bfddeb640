import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { examineConfig } from '../../config/config.ts'
import { positiveNumber } from '../kit/arguments.ts'
import type { Context } from '../kit/context.ts'
import { CliError, exitCodes } from '../kit/exit-code.ts'
import { needServiceNode } from '../kit/service-node.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly token?: string
  readonly timeout: number
}

/** Time for the output to leave; a part that hangs may still hold the process after it. */
const leaveMs = 1_000

/** Examines the environment that `serve` would read, from outside of the service. */
export function doctor(context: Context): Command {
  return readingVerb({
    usage: 'doctor',
    summary: 'examine the settings and each part that they name, and say how to mend what is wrong',
    example: 'doctor --token token.txt\n  pbpaste | tenant-router doctor --token -',
  })
    .option('--token <file>', 'a file with a token or tenant key that should be accepted; - reads it from stdin')
    .option('--timeout <seconds>', 'limit of each check', positiveNumber, 15)
    .action(async (options: Options) => {
      needServiceNode('doctor')
      const token = options.token === undefined ? undefined : await credential(options.token)
      const { examine } = await import('../../doctor/examine.ts')
      const { config, faults } = examineConfig()
      const findings = await examine({ config, faults, token, limitMs: options.timeout * 1000 })
      const count = (status: string) => findings.filter((finding) => finding.status === status).length
      const [failed, warned] = [count('fail'), count('warn')]
      const status = failed > 0 ? 'fail' : warned > 0 ? 'warn' : 'ok'
      if (options.json) context.writeJson({ status, findings })
      else {
        for (const { check, status: mark, found, fix } of findings) {
          context.write(`${mark.padEnd(4)}  ${check}: ${found}`)
          if (fix !== undefined) context.write(`      ${fix}`)
        }
        context.write(`${count('ok')} ok, ${warned} to look at, ${failed} failed.`)
      }
      process.exitCode = failed > 0 ? exitCodes.failed : exitCodes.done
      setTimeout(() => process.exit(), leaveMs).unref()
    })
}

async function credential(path: string): Promise<string> {
  const read = path === '-' ? text(process.stdin) : readFile(path, 'utf8')
  const given = await read.catch((error: unknown) => {
    throw new CliError('usage', `The token cannot be read from ${path}: ${String(Object(error).code ?? error)}.`)
  })
  if (given.trim() === '') throw new CliError('usage', `There is no token in ${path === '-' ? 'stdin' : path}.`)
  return given.trim()
}
