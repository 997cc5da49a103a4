export { openApiKeys } from './api-key-store.js';
export { listenForCallbacks } from './callback-channel.js';
export { listenForCancellations } from './cancel-channel.js';
export { connectRedis, type RedisConnection } from './connect.js';
export { openEventStreams } from './event-streams.js';
export { createKeys, type Keys } from './keys.js';
export { openStores } from './open-store.js';
export { renderGeneratedLua } from './render-lua.js';
export type { ReplyListener } from './reply.js';
