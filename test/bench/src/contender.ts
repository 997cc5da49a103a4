/** Something that runs bodies that do nothing. */
export interface Contender {
  readonly name: string;
  /**
   * Runs so many from trigger to completion.
   *
   * @param inFlight - triggers sent before their answers are awaited
   */
  run(count: number, inFlight: number): Promise<void>;
  close(): Promise<void>;
}
