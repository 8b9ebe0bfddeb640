import { createHash, type Hash } from 'node:crypto'
import { Dicer } from '@fastify/busboy'
import { AppError } from '../../errors.ts'
import { judgeHeader, type PartHeader, partHeaderOf, partHeaderPairs } from './form-header.ts'
import type { FindPlace } from './sift.ts'
import { refuseUnstorableText } from './unstorable.ts'

/** Limits of one route's form. */
export interface FormRules {
  readonly filesMax: number
  /** Advice for callers with more files. */
  readonly manyFiles: string
}

export interface FormFile {
  readonly field: string
  readonly name: string
  /** The type as sent, with its parameters. */
  readonly contentType: string | undefined
  readonly bytes: Uint8Array
}

/** A form, without the fields that name a tenant or place. */
export interface Form {
  readonly texts: readonly { readonly name: string; readonly value: string }[]
  readonly files: readonly FormFile[]
  /** SHA-256 over all parts in order, independent of the boundary. */
  readonly digest: string
}

const textsMax = 20
const textBytesMax = 65_536

/**
 * Parses a form while it arrives, and stops at the first violation: nothing beyond the limits is stored, and the
 * content of files only once.
 */
export class FormReader {
  readonly #rules: FormRules
  readonly #findPlace: FindPlace | undefined
  readonly #dicer: Dicer
  readonly #whole = Promise.withResolvers<void>()
  readonly #texts: { name: string; value: string }[] = []
  readonly #files: FormFile[] = []
  readonly #hash = createHash('sha256')
  #fault: AppError | undefined
  /** Open parts: the parser reports its end before parts without content have ended. */
  #partsOpen = 0
  #isFinished = false
  #textCount = 0
  #fileCount = 0

  /** @throws AppError `invalid_request` for a type without a boundary. */
  constructor(contentType: string, rules: FormRules, findPlace: FindPlace | undefined) {
    this.#rules = rules
    this.#findPlace = findPlace
    this.#dicer = new Dicer({ boundary: boundaryOf(contentType), maxHeaderPairs: partHeaderPairs })
    this.#dicer.on('part', (part) => this.#take(part))
    this.#dicer.on('finish', () => this.#finish('finish'))
    this.#dicer.on('error', (cause) => this.#refuse(invalid(brokenOff, cause)))
    this.#whole.promise.catch(() => undefined)
  }

  /** @throws AppError `payload_too_large`, `invalid_request` for the content so far. */
  write(chunk: Uint8Array): void {
    this.#dicer.write(chunk)
    if (this.#fault !== undefined) throw this.#fault
  }

  /** Completes the form. @throws AppError as `write` does, and `invalid_request` for a truncated form. */
  async end(): Promise<Form> {
    this.#dicer.end()
    await this.#whole.promise
    return { texts: this.#texts, files: this.#files, digest: this.#hash.digest('hex') }
  }

  #refuse(fault: AppError): void {
    this.#fault ??= fault
    this.#whole.reject(this.#fault)
  }

  #finish(ended: 'finish' | 'part'): void {
    if (ended === 'finish') this.#isFinished = true
    else this.#partsOpen -= 1
    if (this.#isFinished && this.#partsOpen === 0) this.#whole.resolve()
  }

  #take(part: Dicer.PartStream): void {
    this.#partsOpen += 1
    let sink: PartSink | undefined
    part.on('error', () => undefined) // the dicer tells of it
    part.on('header', (header) => {
      sink = this.#judge(() => this.#open(header))
      if (sink === undefined) part.resume()
    })
    part.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (this.#fault === undefined) this.#judge(() => sink?.take(bytes))
    })
    part.on('end', () => {
      if (sink === undefined) this.#refuse(invalid(nameless))
      this.#judge(() => sink?.end())
      this.#finish('part')
    })
  }

  /** Ends the form on an error thrown inside the parser. */
  #judge<T>(work: () => T): T | undefined {
    if (this.#fault !== undefined) return undefined
    try {
      return work()
    } catch (error) {
      this.#refuse(error instanceof AppError ? error : invalid(brokenOff, error))
      return undefined
    }
  }

  #open(raw: object): PartSink {
    const header = partHeaderOf(raw)
    if (header === undefined) throw invalid(nameless)
    judgeHeader(header)
    refuseUnstorableText('The form', header.name, header.filename ?? '')
    this.#hash.update(JSON.stringify([header.name, header.filename, header.contentType]))
    return header.filename === undefined ? this.#text(header) : this.#file(header, header.filename)
  }

  #text({ name }: PartHeader): PartSink {
    this.#textCount += 1
    if (this.#textCount > textsMax) throw tooLarge(`The form has more than ${textsMax} fields beside its files.`)
    const tooLong = () => tooLarge(`${name}: has more than ${textBytesMax} bytes; send less of it, or as a file.`)
    return new PartSink(this.#hash, textBytesMax, tooLong, (bytes) => {
      const value = bytes.toString('utf8')
      refuseUnstorableText('The form', value)
      if (this.#findPlace?.(name, value) !== true) this.#texts.push({ name, value })
    })
  }

  #file({ name: field, contentType }: PartHeader, name: string): PartSink {
    this.#fileCount += 1
    const { filesMax, manyFiles } = this.#rules
    if (this.#fileCount > filesMax) {
      const message = `${filesMax === 1 ? 'is one file here' : `are at most ${filesMax} at once`}; ${manyFiles}`
      throw invalid(`file: ${message}`, undefined, { path: 'file', message })
    }
    const isPlace = this.#findPlace?.(field, name) === true
    // The body as a whole has its limit already.
    return new PartSink(this.#hash, Number.POSITIVE_INFINITY, undefined, (bytes) => {
      if (!isPlace) this.#files.push({ field, name, contentType, bytes })
    })
  }
}

/** Collects the content of one part as it arrives. */
class PartSink {
  readonly #hash: Hash
  readonly #most: number
  readonly #tooLong: (() => AppError) | undefined
  readonly #done: (bytes: Buffer) => void
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(hash: Hash, most: number, tooLong: (() => AppError) | undefined, done: (bytes: Buffer) => void) {
    this.#hash = hash
    this.#most = most
    this.#tooLong = tooLong
    this.#done = done
  }

  take(bytes: Buffer): void {
    this.#size += bytes.length
    if (this.#size > this.#most && this.#tooLong !== undefined) throw this.#tooLong()
    this.#chunks.push(bytes)
    this.#hash.update(bytes)
  }

  end(): void {
    this.#hash.update(`\n${this.#size}\n`)
    this.#done(this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#size))
  }
}

const brokenOff = 'The body is not multipart/form-data as its Content-Type says, or it breaks off; send the form whole.'
const nameless = 'A part of the form has no name; give each one `Content-Disposition: form-data; name="..."`.'

function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (boundary !== undefined) return boundary
  throw invalid('The Content-Type has no boundary; let your client set it, as in `multipart/form-data; boundary=...`.')
}

function invalid(
  words: string,
  cause?: unknown,
  fault?: { readonly path: string; readonly message: string },
): AppError {
  return new AppError('invalid_request', words, { cause, ...(fault && { faults: [fault] }) })
}

function tooLarge(words: string): AppError {
  return new AppError('payload_too_large', words)
}
