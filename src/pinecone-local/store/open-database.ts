import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A reason not to start that the user can fix; its message is the whole sentence. */
export class StartError extends Error {
  override name = 'StartError'
}

const schema = `
  create table if not exists indexes (
    id integer primary key autoincrement,
    name text not null unique,
    host_key text not null unique,
    config text not null
  ) strict;
  create table if not exists namespaces (
    space integer primary key,
    index_id integer not null,
    name text not null,
    lsn integer not null,
    record_count integer not null,
    visible integer not null,
    config text,
    unique (index_id, name)
  ) strict;
  create table if not exists records (
    key integer primary key,
    space integer not null,
    id text not null,
    metadata text,
    dense blob,
    sparse blob,
    unique (space, id)
  ) strict;
  create table if not exists pending (
    seq integer primary key autoincrement,
    space integer not null,
    lsn integer not null,
    write blob not null
  ) strict;
  create table if not exists garbage (space integer primary key) strict;
`

/**
 * Opens the data folder's database for this process alone.
 *
 * Write-ahead log with `synchronous=NORMAL`: a commit has reached the operating system before it is answered, so it
 * outlives a kill of the process, though not a power cut.
 *
 * @throws StartError where the folder cannot be written or another process has it open.
 */
export function openDatabase(dataDir: string): DatabaseSync {
  try {
    makeFolder(resolve(dataDir))
    accessSync(dataDir, constants.W_OK)
  } catch (cause) {
    throw new StartError(`The data folder ${dataDir} cannot be written: ${reason(cause)}.`, { cause })
  }
  let database: DatabaseSync | undefined
  try {
    const file = join(dataDir, 'pinecone-local.db')
    keepPrivate(file)
    database = new DatabaseSync(file, { timeout: 0 })
    // Exclusive locking is also what tells a second process that the folder is taken.
    database.exec('pragma locking_mode = exclusive; pragma page_size = 8192; pragma journal_mode = wal;')
    database.exec('pragma synchronous = normal; pragma cache_size = -65536; pragma wal_autocheckpoint = 4000;')
    database.exec(`begin exclusive; ${schema} commit;`)
    return database
  } catch (cause) {
    database?.close()
    if (/locked|busy/i.test(reason(cause))) {
      throw new StartError(`The data folder ${dataDir} is in use by another process.`, { cause })
    }
    throw new StartError(`The data folder ${dataDir} cannot be opened: ${reason(cause)}.`, { cause })
  }
}

/**
 * Makes it readable only by the owner, since it contains tenants' texts. SQLite creates the log beside it with the same
 * rights.
 */
function keepPrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
  for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) chmodSync(path, 0o600)
}

/** Replaces `mkdir` with `recursive`, which never returns on Node 24 when the parent exists but allows no folders. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
