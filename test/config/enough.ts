/** The settings that have no default, with secrets that a test can look for. */
export const enough = {
  DATABASE_URL: 'postgres://router:hunter2@db/router',
  PINECONE_API_KEY: 'pcsk_very_secret',
  OPENAI_API_KEY: 'sk-very-secret',
  JWT_ISSUER: 'https://id.example.com/',
  JWT_AUDIENCE: 'tenant-router',
  JWT_JWKS_URL: 'https://id.example.com/jwks.json',
}
