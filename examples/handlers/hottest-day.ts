// A handler: says which day of a city was the hottest. The schema checks its parameters and types them.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { defineModule } from '@phi/modules/author';
import * as z from 'zod';

export const hottestDay = defineModule({
  name: 'HOTTEST_DAY',
  parameters: z.strictObject({
    path: z.string().describe('A CSV file below the source directory.'),
    city: z.string(),
  }),
  async run({ parameters: { path, city }, source_dir, logger }) {
    const lines = createInterface({ input: createReadStream(join(source_dir, path)) });
    let records = 0;
    let hottest = { day: '', degrees: -Infinity };
    for await (const line of lines) {
      const [place, day = '', , degrees] = line.split(',');
      if (place === 'location') continue;
      records += 1;
      if (place === city && Number(degrees) > hottest.degrees) hottest = { day, degrees: Number(degrees) };
    }
    logger.info(`${city}: ${hottest.day}`, { degrees: hottest.degrees });
    return { records_processed: records, records_failed: 0, outputs: { day: hottest.day } };
  },
});
