import manifest from '../package.json' with { type: 'json' }

/** The released version; shown in the OpenAPI document and by `--version`. */
export const version: string = manifest.version
