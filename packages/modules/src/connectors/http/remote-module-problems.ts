import { PhiError, type HttpBinding, type ModuleBinding, type Problem } from '@phi/core';
import type { Secrets } from '../../secrets/resolve-secrets.js';
import type { CallbackSettings } from './callbacks.js';
import { httpSettings } from './http-settings.js';

type Bindings = Readonly<Record<string, ModuleBinding>>;

const httpBindings = (bindings: Bindings): (readonly [name: string, binding: HttpBinding])[] =>
  Object.entries(bindings).flatMap(([name, binding]) =>
    binding.kind === 'http' ? [[name, binding] as const] : [],
  );

/** Headers of remote modules that refer to a secret which is not there. */
export const headerProblems = (bindings: Bindings, secrets: Secrets): Problem[] =>
  httpBindings(bindings).flatMap(([name, binding]): Problem[] => {
    try {
      httpSettings(binding, name, secrets);
      return [];
    } catch (error) {
      if (!(error instanceof PhiError)) throw error;
      const accepted = 'a secret whose value stands in PHI_SECRET_<name>';
      return [{ field: `modules.${name}.headers`, reason: error.message, accepted }];
    }
  });

/** Remote modules that are to call back, where nobody has said what to call. */
export const callbackProblems = (bindings: Bindings, settings: CallbackSettings | undefined): Problem[] =>
  httpBindings(bindings)
    .filter(([, { callback }]) => callback === true && settings === undefined)
    .map(([name]) => ({
      field: `modules.${name}.callback`,
      reason: 'needs to know where the API is',
      accepted: 'true with PHI_CALLBACK_URL and PHI_CALLBACK_SECRET in the environment',
    }));
