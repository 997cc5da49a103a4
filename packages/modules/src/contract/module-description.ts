import { z } from 'zod';

/** The contract's version; another first number is another contract. */
export const CONTRACT_VERSION = '1.0';

export const MODULE_CAPABILITIES = ['callbacks', 'cancel', 'logs', 'checkpoints', 'fences', 'cache'] as const;

/** What `GET /v1/module` answers: who it is and what it can do beside the jobs themselves. */
export const moduleDescriptionSchema = z.object({
  names: z.array(z.string().min(1)).min(1).describe('The modules that are served, as in pipeline_modules.'),
  contract_version: z.string().regex(/^\d+\.\d+$/),
  capabilities: z
    .array(z.string())
    .default([])
    .describe(`What else it can do: ${MODULE_CAPABILITIES.join(', ')}; others are ignored.`),
});
export type ModuleDescription = z.infer<typeof moduleDescriptionSchema>;
