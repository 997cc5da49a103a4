import { createHash, randomBytes } from 'node:crypto';

const KEY = /^phi_[A-Za-z0-9_-]{43}$/;
const BEARER = /^bearer +(\S+)$/i;

/** A new API key: 256 random bits. */
export function generateApiKey(): string {
  return `phi_${randomBytes(32).toString('base64url')}`;
}

export function isApiKey(text: string): boolean {
  return KEY.test(text);
}

/** What is stored of a key or a session id: SHA-256 in hexadecimal. Random texts of 256 bits need no slow hash. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The key of an Authorization header; nothing for any other scheme or text. */
export function readBearer(header: string | undefined): string | undefined {
  const text = BEARER.exec(header ?? '')?.[1];
  return text !== undefined && isApiKey(text) ? text : undefined;
}
