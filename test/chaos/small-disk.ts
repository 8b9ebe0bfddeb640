import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Takes all but so many bytes. */
  fill(leftBytes: number): Promise<void>
  /** Gives back what `fill` took. */
  makeRoom(): Promise<void>
}

/** A file system of its own that is as small as told, and can be full: in memory, as root, by sudo, or in a namespace of our own. */
export async function smallDisk(mib: number): Promise<SmallDisk> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-disk-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const path = await mounted(folder, mib, stack)
  const ballast = join(path, 'ballast')
  return {
    path,
    async fill(leftBytes) {
      const { bavail, bsize } = await statfs(path)
      await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes), 1))
    },
    makeRoom: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function mounted(folder: string, mib: number, stack: AsyncDisposableStack): Promise<string> {
  if (process.platform === 'darwin') {
    const image = `${folder}.dmg`
    await run('hdiutil', ['create', '-size', `${mib}m`, '-fs', 'HFS+', '-volname', 'small', image])
    stack.defer(() => rm(image, { force: true }))
    await run('hdiutil', ['attach', '-nobrowse', '-mountpoint', folder, image])
    stack.defer(async () => void (await run('hdiutil', ['detach', '-force', folder])))
    return folder
  }
  const mount = ['mount', '-t', 'tmpfs', '-o', `size=${mib}m,mode=1777`, 'tmpfs', folder]
  const ways = process.getuid?.() === 0 ? [[]] : [['sudo', '-n']]
  for (const way of ways) {
    const [command = '', ...args] = [...way, ...mount]
    if (
      !(await run(command, args).then(
        () => true,
        () => false,
      ))
    )
      continue
    const [unmount = '', ...rest] = [...way, 'umount', '--lazy', folder]
    stack.defer(async () => void (await run(unmount, rest)))
    return folder
  }
  const holder = spawn(
    'unshare',
    ['--map-root-user', '--mount', 'sh', '-c', `${mount.join(' ')} && echo there && exec cat`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  stack.defer(async () => {
    const ended = once(holder, 'exit')
    holder.stdin.end()
    await ended
  })
  await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit').then(() => {
      throw new Error('no small file system can be made: it takes root, sudo without a password, or user namespaces')
    }),
  ])
  return `/proc/${holder.pid}/root${folder}`
}
