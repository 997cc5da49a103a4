/** Keeps an acknowledgement back until what it is about will survive (DURABILITY). */
export interface Durability {
  /** To be called before anything is written. @returns what to confirm it by */
  begin(): number;
  /**
   * Resolves when everything that this process wrote since is as safe as DURABILITY asks for.
   *
   * @throws PhiError STATE_050_NOT_DURABLE when it is not in time, or another server may have taken over: it is done, and may be lost
   */
  confirm(begun: number): Promise<void>;
}
