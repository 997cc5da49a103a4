import { defineModule } from '@phi/modules';
import * as z from 'zod';

/** Says that it has begun, and ends. */
export const NOTHING = defineModule({
  name: 'NOTHING',
  parameters: z.looseObject({}),
  async run(context) {
    context.progress(0);
    return { records_processed: 0, records_failed: 0 };
  },
});
