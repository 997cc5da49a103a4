import { z } from 'zod';

/** How a module is reached. Each kind is one member of this union, by `kind` (design: connectors). */
export const connectorSchema = z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('builtin') })]);
export type Connector = z.infer<typeof connectorSchema>;
