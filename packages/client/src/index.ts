export { ApiProblem } from './api-problem.js';
export { createClient, type CallOptions, type ClientOptions, type PhiClient } from './create-client.js';
export type { EmitAnswer, NewEvent } from './emit.js';
export {
  exchange,
  InvalidId,
  parseJson,
  segment,
  type ApiAddress,
  type ApiAnswer,
  type ApiRequest,
} from './exchange.js';
export type { TriggerAnswer, TriggerOptions } from './trigger.js';
export { Unreachable } from './unreachable.js';
export { WaitTimedOut, type WaitOptions } from './wait-for.js';
