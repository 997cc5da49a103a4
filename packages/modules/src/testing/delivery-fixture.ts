import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { ModuleContext } from '../contract/module-context.js';
import type { StageResultInput } from '../contract/stage-result.js';

/** One attempt's way to look at the world. */
export interface AttemptOptions extends Partial<ModuleContext<unknown>> {
  /** Whether every look says that a checkpoint is due. */
  readonly due?: boolean;
}

/** Directories and the checkpoint of one chain of attempts, for tests of what they deliver. */
export class DeliveryFixture {
  /** What the attempts saved, the latest last. */
  readonly saved: string[] = [];
  readonly progress: number[] = [];
  #fence = 0;

  private constructor(readonly base: string) {}

  static async create(): Promise<DeliveryFixture> {
    return new DeliveryFixture(await mkdtemp(join(tmpdir(), 'phi-delivery-')));
  }

  async batch(select: string, name = 'batch'): Promise<string> {
    return createStageRunner(this.base).writeBatch(name, select);
  }

  /** The next attempt of the chain, unless `options` makes it another one. */
  async attempt(batch: string, parameters: object, options: AttemptOptions = {}): Promise<StageResultInput> {
    this.#fence += 1;
    const { due = false, ...overrides } = options;
    const runner = createStageRunner(this.base, {
      execution_id: `e-${String(this.#fence)}`,
      chain_id: 'e-1',
      attempt_number: this.#fence,
      fence: this.#fence,
      checkpoint: {
        load: () => this.saved.at(-1),
        save: async (state) =>
          void this.saved.push(typeof state === 'string' ? state : JSON.stringify(state)),
        due,
      },
      progress: (records) => this.progress.push(records),
      ...overrides,
    });
    return runner.run('GAMMA', parameters, { stages: { ALPHA: { batch } } });
  }

  async remove(): Promise<void> {
    await rm(this.base, { recursive: true, force: true });
  }
}
