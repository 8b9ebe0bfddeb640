import manifest from '../package.json' with { type: 'json' }

/** As released; shown in the OpenAPI document and by `--version`. */
export const version: string = manifest.version
